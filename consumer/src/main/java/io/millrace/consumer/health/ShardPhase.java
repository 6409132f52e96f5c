package io.millrace.consumer.health;

import io.millrace.runtime.Transitions;

/** The state of the consumer of one shard. {@link #TRANSITIONS} is the whole table. */
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
    /** {@code processRecords} threw; the same batch comes again after a pause. */
    BATCH_FAILED,
    /** The shard is read out: the last checkpoint is saved, {@code shardEnded} runs, the lease is finished. */
    ENDING,
    /** The lease is to be given back: the checkpoint is saved, {@code shutdownRequested} runs, the lease is released. */
    DRAINING,
    /** The lease is gone: once the user's code has returned, {@code leaseLost} runs. */
    LOSING,
    /** An error in the worker itself ended it: the lease is given back, or kept for a pause before the next start. */
    BROKEN,
    /** Over. */
    DONE;

    /** Which phase may follow which, and upon what. */
    public static final Transitions<ShardPhase> TRANSITIONS = Transitions.table(ShardPhase.class)
            .from(WAITING)
            .to(INITIALIZING, "its turn has come")
            .to(DRAINING, "the lease is asked for")
            .to(LOSING, "the lease is lost")
            .from(INITIALIZING)
            .to(INITIALIZE_FAILED, "initialize threw")
            .to(FETCHING, "initialize returned")
            .to(DRAINING, "the lease was asked for meanwhile")
            .to(ENDING, "the shard is read out")
            .to(LOSING, "the lease is lost")
            .from(INITIALIZE_FAILED)
            .to(INITIALIZING, "the pause is over")
            .to(DRAINING, "the lease is asked for")
            .to(LOSING, "the lease is lost")
            .from(FETCHING)
            .to(PROCESSING, "a batch comes")
            .to(ENDING, "the shard is read out")
            .to(DRAINING, "the lease is asked for")
            .to(LOSING, "the lease is lost")
            .from(PROCESSING)
            .to(FETCHING, "the batch is processed")
            .to(BATCH_FAILED, "processRecords threw")
            .to(DRAINING, "the lease was asked for meanwhile")
            .to(LOSING, "the lease is lost")
            .from(BATCH_FAILED)
            .to(PROCESSING, "the pause is over")
            .to(FETCHING, "the rest was checkpointed meanwhile")
            .to(DRAINING, "the lease is asked for")
            .to(LOSING, "the lease is lost")
            .from(ENDING)
            .to(DRAINING, "the lease is asked for, and shardEnded threw")
            .to(LOSING, "the lease is lost")
            .to(DONE, "the shard's end is saved")
            .from(DRAINING)
            .to(LOSING, "the lease is lost")
            .to(DONE, "the lease is given back")
            .from(LOSING)
            .to(DONE, "leaseLost returned")
            .from(BROKEN)
            .to(INITIALIZING, "the pause is over")
            .to(LOSING, "the lease is lost")
            .to(DONE, "the lease is given back")
            .build();
}
