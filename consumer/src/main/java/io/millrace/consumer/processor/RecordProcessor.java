package io.millrace.consumer.processor;

import io.millrace.checkpoint.Checkpointer;

/**
 * The user's code for one shard. The worker makes one for every lease that it takes and calls it from one thread at a
 * time, though not always the same thread. The calls may block. They come in this order: {@link #initialize} once, then
 * {@link #processRecords} any number of times, then at most one of {@link #leaseLost}, {@link #shardEnded} and
 * {@link #shutdownRequested}; only {@code initialize} and {@code shardEnded} are called again when they throw. A
 * {@code shardEnded} that returns without a checkpoint that it owes, where checkpoints are manual, counts as one that threw.
 * After one that threw one of the other two may follow.
 *
 * <p>Records come at least once and in order; after a crash or a lost lease some come again.
 */
@FunctionalInterface
public interface RecordProcessor {
    /**
     * The shard is ours. Called again after a pause if it throws.
     *
     * @throws Exception to be called again
     */
    default void initialize(ShardContext shard) throws Exception {}

    /**
     * Processes records, in order. When this returns they count as processed and the checkpoint follows by itself. When
     * it throws, whatever it throws, the checkpoint stays and the same records come again after a pause, as often as it
     * takes.
     *
     * @throws Exception to get the batch again
     */
    void processRecords(RecordBatch batch) throws Exception;

    /**
     * The lease is gone and another worker may be at it already: let go of everything. No checkpoint is possible. Also
     * called when an error in the worker itself ended the shard's consumer.
     */
    default void leaseLost() {}

    /** Every record of the closed shard is processed. When this returns the shard is marked as ended. */
    default void shardEnded(Checkpointer checkpointer) {}

    /**
     * The shard goes to another worker, or this one closes. Every delivered batch is processed, or has failed and will
     * come again elsewhere. What is processed is saved when this returns.
     */
    default void shutdownRequested(Checkpointer checkpointer) {}
}
