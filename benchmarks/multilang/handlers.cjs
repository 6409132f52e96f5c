// Handlers that look at records, for benchmarks/run-multilang.
'use strict';

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

module.exports = { Data, Everything };
