// Handlers that look at records, for benchmarks/run-multilang.
'use strict';

const { Notes } = require('./notes.cjs');

class Data {
  bytes = 0;

  process(batch) {
    for (const record of batch) {
      this.bytes += record.data.length;
    }
  }
}

class Everything {
  bytes = 0;

  process(batch) {
    for (const record of batch) {
      this.bytes += record.data.length + record.partitionKey.length + record.sequenceNumber.length;
      this.bytes += record.subSequenceNumber + record.arrived.getTime();
    }
  }
}

class Counting extends Data {
  #notes;

  constructor(shard) {
    super();
    this.#notes = new Notes(shard.id);
  }

  process(batch) {
    super.process(batch);
    this.#notes.count(batch.length);
  }
}

module.exports = { Counting, Data, Everything };
