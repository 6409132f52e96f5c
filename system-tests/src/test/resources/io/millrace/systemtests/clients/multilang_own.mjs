// A handler of our own package. Notes every record in a file of its own, and fails once in each process.
import assert from 'node:assert/strict';
import fs from 'node:fs';

export class Notes {
  #file;
  #hasFailed = false;

  constructor(shard) {
    assert.equal(shard.stream, 'orders');
    assert.equal(shard.application, 'app');
    this.#file = fs.openSync(`${process.env.NOTES}/${shard.id}-${process.pid}`, 'a');
  }

  async process(batch) {
    for (const record of batch) {
      const time = BigInt(Date.now()) * 1_000_000n;
      fs.writeSync(this.#file, `${time}\t${record.data.toString('base64')}\t${record.partitionKey}\n`);
    }
    console.log("a line for the daemon's log");
    if (!this.#hasFailed && batch.length > 1) {
      this.#hasFailed = true;
      await batch.checkpoint(batch.records[0]);
      throw new RangeError('customer-secret');
    }
  }
}
