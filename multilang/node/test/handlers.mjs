import { perShard } from 'millrace';
import process from 'node:process';

export function printing(batch) {
  for (const record of batch) {
    console.log(record.text(), 'of', batch.shard.id);
  }
  process.stdout.write('half a line without an end');
}

export default printing;

export async function failing(batch) {
  await null;
  const inner = () => {
    throw new RangeError(`secret ${batch.records[0].text()}`);
  };
  try {
    inner();
  } catch (cause) {
    throw new TypeError('secret too', { cause });
  }
}

export async function checkpointing(batch) {
  await batch.checkpoint(batch.records[0]);
  throw new Error('after the first');
}

export function leaving() {
  process.exit(3);
}

export class Counting {
  #count = 0;

  start(shard) {
    console.warn('starts after', shard.sequenceNumber);
  }

  async process(batch) {
    this.#count += batch.length;
  }

  shardEnded() {
    console.log(this.#count, 'records');
    // Must not keep the process from ending.
    setInterval(() => {}, 1_000_000);
  }
}

export const looping = perShard(async (shard) => {
  for await (const batch of shard) {
    if (batch.records[0].text() === 'bad') {
      throw new Error('bad');
    }
    console.log('looped over', batch.length);
  }
  console.log('left', shard.id);
});

export class WithoutProcess {}

export const notAHandler = 7;
