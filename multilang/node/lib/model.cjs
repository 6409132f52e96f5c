'use strict';

/** Records of one shard, in their order. */
class Batch {
  #records;
  #checkpointer;

  constructor(shard, records, millisBehindLatest, checkpointer) {
    this.shard = shard;
    this.millisBehindLatest = millisBehindLatest;
    this.#records = records;
    this.#checkpointer = checkpointer;
  }

  get records() {
    return this.#records;
  }

  get length() {
    return this.#records.length;
  }

  /** Aborts once another worker is known to have the shard. */
  get signal() {
    return this.#checkpointer.signal;
  }

  /** Saves progress up to a record, by default the batch's last. */
  checkpoint(at = this.#records.at(-1)) {
    return this.#checkpointer.checkpoint(at);
  }

  [Symbol.iterator]() {
    return this.#records[Symbol.iterator]();
  }
}

/** Saves how far a shard is processed, over a channel: a pipe, or a test. One checkpoint at a time; others wait. */
class Checkpointer {
  #channel;
  #last = Promise.resolve();

  constructor(channel) {
    this.#channel = channel;
  }

  get signal() {
    return this.#channel.signal;
  }

  /** Saves that everything up to `at` is processed: a record, a sequence number, or all that was given out. */
  checkpoint(at) {
    const [sequenceNumber, subSequenceNumber] =
      at === undefined || at === null
        ? [null, null]
        : typeof at === 'object'
          ? [at.sequenceNumber, at.subSequenceNumber]
          : [String(at), null];
    const saved = this.#last.then(() => this.#channel.checkpoint(sequenceNumber, subSequenceNumber));
    this.#last = saved.catch(() => {});
    return saved;
  }
}

/** The record of a message's object. Its data and key are not shown where a record is printed. */
class Record {
  #data;
  #partitionKey;

  constructor(data, partitionKey, sequenceNumber, subSequenceNumber, arrived) {
    this.#data = data;
    this.#partitionKey = partitionKey;
    this.sequenceNumber = sequenceNumber;
    this.subSequenceNumber = subSequenceNumber;
    this.arrived = arrived;
    Object.freeze(this);
  }

  static of(fields) {
    const millis = fields.approximateArrivalTimestamp;
    return new Record(
      Buffer.from(fields.data ?? '', 'base64'),
      fields.partitionKey,
      fields.sequenceNumber,
      fields.subSequenceNumber ?? 0,
      millis === null || millis === undefined ? null : new Date(millis),
    );
  }

  get data() {
    return this.#data;
  }

  get partitionKey() {
    return this.#partitionKey;
  }

  text() {
    return this.#data.toString('utf8');
  }

  json() {
    return JSON.parse(this.text());
  }
}

module.exports = { Batch, Checkpointer, Record };
