package io.millrace.consumer.shard;

import io.millrace.runtime.Transitions;

/** The state of one shard's consumer, whatever its lanes are about. {@link #TRANSITIONS} is the whole table. */
enum ShardState {
    /** A call of an ownership that this worker lost before still runs; nothing is called until it has returned. */
    WAITING,
    /** Records are read and handed to the lanes. */
    RUNNING,
    /** A processor is of no use any more: the lanes are closed, and begin anew at the checkpoint after a pause. */
    RESTARTING,
    /** The shard is read out: the last checkpoint is saved, {@code shardEnded} runs, the lease is finished. */
    ENDING,
    /** The lease is to be given back: the checkpoint is saved, {@code shutdownRequested} runs, the lease is released. */
    DRAINING,
    /** The lease is gone: once the user's code has returned, {@code leaseLost} runs. */
    LOSING,
    /** Over. */
    DONE;

    /** The whole table: each state, those that may follow it, and upon what. */
    static final Transitions<ShardState> TRANSITIONS = Transitions.table(ShardState.class)
            .from(WAITING)
            .to(RUNNING, "its turn has come")
            .to(DRAINING, "the lease is asked for")
            .to(LOSING, "the lease is lost")
            .from(RUNNING)
            .to(RESTARTING, "a processor broke, or a restart is asked for")
            .to(ENDING, "the shard is read out and processed")
            .to(DRAINING, "the lease is asked for")
            .to(LOSING, "the lease is lost")
            .from(RESTARTING)
            .to(RUNNING, "the pause is over")
            .to(DRAINING, "the lease is asked for")
            .to(LOSING, "the lease is lost")
            .from(ENDING)
            .to(RESTARTING, "a processor broke")
            .to(DRAINING, "the lease is asked for, and shardEnded threw")
            .to(LOSING, "the lease is lost")
            .to(DONE, "the shard's end is saved")
            .from(DRAINING)
            .to(LOSING, "the lease is lost")
            .to(DONE, "the lease is given back")
            .from(LOSING)
            .to(DONE, "leaseLost returned")
            .build();
}
