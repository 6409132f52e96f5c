'use strict';

const { Handler } = require('./handler.cjs');
const { Batch, Checkpointer, Record } = require('./model.cjs');
const { CheckpointRefusedError, LeaseLostError } = require('./errors.cjs');

const FIRST_ARRIVAL = Date.UTC(2020, 0, 1);

/**
 * A shard in memory and the handler that processes it, without Java and without a daemon. What `put` adds is given to the handler
 * by `process`; a handler that throws lets `process` throw the same, and gets its records again with the next one.
 */
class TestShard {
  #handler;
  #records = [];
  #delivered = 0;
  #checkpointed = 0;
  #mayCheckpoint = false;
  #isEnded = false;
  #loss = new AbortController();
  #checkpointer = new Checkpointer(this);
  #started;

  constructor(handler, id = 'shardId-000000000000') {
    this.shard = Object.freeze({
      id,
      sequenceNumber: 'TRIM_HORIZON',
      subSequenceNumber: 0,
      stream: 'test-stream',
      application: 'test-application',
    });
    this.#handler = new Handler(handler);
  }

  /** How many records lie behind the checkpoint. */
  get checkpointed() {
    return this.#checkpointed;
  }

  get isEnded() {
    return this.#isEnded;
  }

  get signal() {
    return this.#loss.signal;
  }

  /** Adds records of one key, and returns them. Each arrives a second after the one before. */
  put(key, ...payloads) {
    return payloads.map((payload) => {
      const number = this.#records.length;
      const record = new Record(
        Buffer.from(payload),
        key,
        String(number + 1),
        0,
        new Date(FIRST_ARRIVAL + number * 1_000),
      );
      this.#records.push(record);
      return record;
    });
  }

  /** Gives the handler what is not processed yet, at most `most` records, and returns how many those were. */
  async process(most = Infinity) {
    if (this.#isEnded || this.signal.aborted) {
      throw new Error('the shard is over for this handler');
    }
    await this.#start();
    const begin = this.#checkpointed;
    const end = Math.min(this.#records.length, begin + most);
    this.#delivered = Math.max(this.#delivered, end);
    const records = this.#records.slice(begin, end);
    await this.#during(() => this.#handler.process(new Batch(this.shard, records, 0, this.#checkpointer)));
    if (!this.signal.aborted) {
      this.#checkpointed = Math.max(this.#checkpointed, end);
    }
    return records.length;
  }

  /** Another worker takes the shard: checkpoints fail from now on, and the handler is told. */
  async lose() {
    await this.#start();
    this.loseSilently();
    await this.#handler.leaseLost();
  }

  /** Another worker takes the shard, and the handler has not heard of it yet; can be called from within it. */
  loseSilently() {
    this.#loss.abort(new LeaseLostError('ShutdownException'));
  }

  /** The worker stops: the handler may save its progress, and is told that the shard goes. */
  async shutdown() {
    await this.#start();
    await this.#during(() => this.#handler.shutdownRequested(this.#checkpointer));
    await this.lose();
  }

  /** The shard is read out. */
  async end() {
    await this.process();
    await this.#during(() => this.#handler.shardEnded(this.#checkpointer));
    this.#isEnded = true;
  }

  /** Called by the handler's checkpointer. */
  async checkpoint(sequenceNumber, subSequenceNumber) {
    if (this.signal.aborted) {
      throw new LeaseLostError('ShutdownException');
    }
    if (!this.#mayCheckpoint) {
      throw new CheckpointRefusedError('InvalidStateException');
    }
    const wanted = sequenceNumber === null ? this.#delivered : Number(sequenceNumber);
    if (!(wanted >= this.#checkpointed && wanted <= this.#delivered) || (subSequenceNumber ?? 0) < 0) {
      throw new CheckpointRefusedError('IllegalArgumentException');
    }
    this.#checkpointed = wanted;
  }

  #start() {
    this.#started ??= this.#handler.start(this.shard);
    return this.#started;
  }

  async #during(call) {
    this.#mayCheckpoint = true;
    try {
      await call();
    } finally {
      this.#mayCheckpoint = false;
    }
  }
}

module.exports = { TestShard };
