import { perShard } from 'millrace';
import process from 'node:process';

// Must keep no process from ending.
setInterval(() => {}, 1_000_000);

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

export function* yielding(batch) {
  yield batch;
}

export function returningArray(batch) {
  return batch.records.map(async () => {});
}

export function Old() {}
Old.prototype.process = function (batch) {
  console.log('old style', batch.length);
};

export function late(batch) {
  setTimeout(() => batch.checkpoint().then(() => console.log('late checkpoint is saved')), 50);
}

export async function twoAtOnce(batch) {
  await Promise.all([batch.checkpoint(batch.records[0]), batch.checkpoint(batch.records[1])]);
}

export function rejecting() {
  Promise.reject(new Error('secret'));
}

export const asksForNothing = perShard(async () => {});

export const throwsAtOnce = perShard(() => {
  throw new Error('at once');
});

/** Counts what each shard was given; leaves when it is told to. */
export class ByShard {
  count = 0;

  constructor(shard) {
    this.shard = shard;
  }

  async process(batch) {
    if (batch.records[0].text() === 'leave') {
      process.exit(3);
    }
    this.count += batch.length;
    console.log(`${this.shard.stream}/${this.shard.id}:${this.count}`);
  }
}
