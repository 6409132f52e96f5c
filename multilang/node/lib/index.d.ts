/** A record of a shard. */
export interface Record {
  readonly data: Uint8Array;
  readonly partitionKey: string;
  readonly sequenceNumber: string;
  /** Its place within an aggregate of the Kinesis Producer Library, 0 for others. */
  readonly subSequenceNumber: number;
  /** When the stream took it; null where the daemon does not say. */
  readonly arrived: Date | null;
  /** The data as UTF-8. */
  text(): string;
  /** The data as JSON. Throws a SyntaxError if it is none. */
  json(): unknown;
}

/** The shard that a handler processes, and where it begins: after `sequenceNumber`, which may be TRIM_HORIZON. */
export interface Shard {
  readonly id: string;
  readonly sequenceNumber: string | null;
  readonly subSequenceNumber: number;
  readonly stream: string | null;
  readonly application: string | null;
}

/** Saves how far a shard is processed. */
export interface Checkpointer {
  /** Aborts once another worker is known to have the shard. */
  readonly signal: AbortSignal;
  /**
   * Saves that everything up to `at` is processed: a record, a sequence number, or by default all that was given out. Fulfilled
   * when the table has it; rejected with a CheckpointError.
   */
  checkpoint(at?: Record | string): Promise<void>;
}

/** Records of one shard, in their order. Returning from the handler means that all of them are processed. */
export interface Batch extends Iterable<Record> {
  readonly shard: Shard;
  readonly records: readonly Record[];
  readonly length: number;
  readonly millisBehindLatest: number | null;
  /** Aborts once another worker is known to have the shard. */
  readonly signal: AbortSignal;
  /** Saves progress up to a record, by default the batch's last. */
  checkpoint(at?: Record | string): Promise<void>;
}

/** Called for each batch. Returning means processed; throwing means not, and the failure policy says what becomes of it. */
export type BatchHandler = (batch: Batch) => void | Promise<void>;

/** One of these is made for each shard where a class is given. */
export interface ShardHandler {
  start?(shard: Shard): void | Promise<void>;
  process(batch: Batch): void | Promise<void>;
  leaseLost?(): void | Promise<void>;
  shardEnded?(checkpointer: Checkpointer): void | Promise<void>;
  shutdownRequested?(checkpointer: Checkpointer): void | Promise<void>;
}

/** A handler of one function for the whole life of a shard: a batch is processed when the function asks for the next one. */
export function perShard(
  run: (shard: Shard & AsyncIterable<Batch>) => void | Promise<void>,
): new () => ShardHandler;

/** A checkpoint was not saved. */
export class CheckpointError extends Error {
  readonly code: string;
}

/** Another worker has the shard. */
export class LeaseLostError extends CheckpointError {}

/** The record is none that this handler was given since it began, or it lies before the last checkpoint. */
export class CheckpointRefusedError extends CheckpointError {}
