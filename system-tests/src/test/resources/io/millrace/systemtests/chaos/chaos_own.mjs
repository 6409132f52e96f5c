// A handler of our own package, for chaos.
import { Life } from './chaos_deeds.mjs';

export class Chaos {
  #life;

  start(shard) {
    this.#life = new Life(shard.id);
  }

  process(batch) {
    return this.#life.process(batch.records.map((record) => [record.partitionKey, record.text()]), undefined);
  }

  leaseLost() {
    this.#life.over('LOST');
  }

  shutdownRequested() {
    this.#life.over('RELEASED');
  }

  shardEnded() {
    this.#life.over('ENDED');
  }
}
