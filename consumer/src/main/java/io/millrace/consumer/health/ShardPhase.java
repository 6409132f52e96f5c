package io.millrace.consumer.health;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** What the consumer of one shard is doing. {@link #mayBecome} is the whole table of transitions. */
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

    private static final Map<ShardPhase, Set<ShardPhase>> TRANSITIONS = transitions();

    /** True when a consumer in this state may go over to {@code next}. */
    public boolean mayBecome(ShardPhase next) {
        return requireNonNull(TRANSITIONS.get(this)).contains(next);
    }

    private static Map<ShardPhase, Set<ShardPhase>> transitions() {
        Map<ShardPhase, Set<ShardPhase>> table = new EnumMap<>(ShardPhase.class);
        table.put(WAITING, EnumSet.of(INITIALIZING, DRAINING, LOSING));
        table.put(INITIALIZING, EnumSet.of(INITIALIZE_FAILED, FETCHING, DRAINING, ENDING, LOSING));
        table.put(INITIALIZE_FAILED, EnumSet.of(INITIALIZING, DRAINING, LOSING));
        table.put(FETCHING, EnumSet.of(PROCESSING, ENDING, DRAINING, LOSING));
        table.put(PROCESSING, EnumSet.of(FETCHING, BATCH_FAILED, DRAINING, LOSING));
        table.put(BATCH_FAILED, EnumSet.of(PROCESSING, FETCHING, DRAINING, LOSING));
        table.put(ENDING, EnumSet.of(DRAINING, LOSING, DONE));
        table.put(DRAINING, EnumSet.of(LOSING, DONE));
        table.put(LOSING, EnumSet.of(DONE));
        table.put(BROKEN, EnumSet.of(INITIALIZING, LOSING, DONE));
        table.put(DONE, EnumSet.noneOf(ShardPhase.class));
        return table;
    }
}
