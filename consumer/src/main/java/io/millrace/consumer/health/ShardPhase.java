package io.millrace.consumer.health;

/** How a shard is in a worker that has its lease. Of several lanes the one counts that needs attention most. */
public enum ShardPhase {
    /** A call of an ownership that this worker lost before still runs; nothing is called until it has returned. */
    WAITING,
    /** The processor's {@code initialize} runs. */
    INITIALIZING,
    /** {@code initialize} threw; it is called again after a pause. */
    INITIALIZE_FAILED,
    /** Waits for records. */
    FETCHING,
    /** The processor has a batch in hand. */
    PROCESSING,
    /** {@code processRecords} or the letter sink threw; it is called again after a pause. */
    BATCH_FAILED,
    /** The user paused the shard; nothing is handed out. */
    PAUSED,
    /** The failure policy stopped the shard at records that cannot be processed. */
    STOPPED,
    /** A processor broke; new ones begin at the checkpoint after a pause. */
    RESTARTING,
    /** The shard is read out: the last checkpoint is saved, {@code shardEnded} runs, the lease is finished. */
    ENDING,
    /** The lease is to be given back: the checkpoint is saved, {@code shutdownRequested} runs, the lease is released. */
    DRAINING,
    /** The lease is gone: once the user's code has returned, {@code leaseLost} runs. */
    LOSING,
    /** An error in the worker itself ended the consumer: the lease is given back, or kept for a pause before the next start. */
    BROKEN,
    /** Over. */
    DONE
}
