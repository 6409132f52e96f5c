package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Where a source's pipe stands. {@link #mayBecome} is the whole table of transitions. */
enum PipeState {
    /** No subscription; the next one is asked for when its time comes. */
    WAITING,
    /** A subscription was asked for; no event came yet. */
    OPENING,
    /** Events come as they are asked for. */
    FLOWING,
    /** Nobody wants records; no subscription until somebody does. */
    PARKED,
    /** The shard is read out; what is left may still have to be given out. */
    ENDED,
    /** Over. */
    CLOSED;

    private static final Map<PipeState, Set<PipeState>> TRANSITIONS = transitions();

    boolean mayBecome(PipeState next) {
        return requireNonNull(TRANSITIONS.get(this)).contains(next);
    }

    private static Map<PipeState, Set<PipeState>> transitions() {
        Map<PipeState, Set<PipeState>> table = new EnumMap<>(PipeState.class);
        table.put(WAITING, EnumSet.of(OPENING, PARKED, ENDED, CLOSED));
        table.put(OPENING, EnumSet.of(WAITING, FLOWING, PARKED, ENDED, CLOSED));
        table.put(FLOWING, EnumSet.of(WAITING, PARKED, ENDED, CLOSED));
        table.put(PARKED, EnumSet.of(WAITING, ENDED, CLOSED));
        table.put(ENDED, EnumSet.of(CLOSED));
        table.put(CLOSED, EnumSet.noneOf(PipeState.class));
        return table;
    }
}
