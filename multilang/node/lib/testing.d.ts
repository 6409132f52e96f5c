import type { BatchHandler, Record, Shard, ShardHandler } from './index.js';

/** A shard in memory and the handler that processes it, without Java and without a daemon. */
export class TestShard {
  constructor(handler: BatchHandler | ShardHandler | (new (shard: Shard) => ShardHandler), id?: string);
  readonly shard: Shard;
  /** How many records lie behind the checkpoint. */
  readonly checkpointed: number;
  readonly isEnded: boolean;
  readonly signal: AbortSignal;
  /** Adds records of one key, and returns them. */
  put(key: string, ...payloads: (string | Uint8Array)[]): Record[];
  /** Gives the handler what is not processed yet. Rejects with what the handler throws; its records come again then. */
  process(most?: number): Promise<number>;
  /** Another worker takes the shard, and the handler is told. */
  lose(): Promise<void>;
  /** Another worker takes the shard, and the handler has not heard of it yet. */
  loseSilently(): void;
  /** The worker stops. */
  shutdown(): Promise<void>;
  /** The shard is read out. */
  end(): Promise<void>;
}
