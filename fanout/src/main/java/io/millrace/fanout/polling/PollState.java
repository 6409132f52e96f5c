package io.millrace.fanout.polling;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** What a polling source is doing. {@link #mayBecome} is the whole table of transitions. */
enum PollState {
    /** Waits until it is time for the next call. */
    RESTING,
    /** Holds as much as it may; waits for room. */
    FULL,
    /** Asked for an iterator. */
    OPENING,
    /** Asked for records. */
    READING,
    /** The shard is read out; what is left may still have to be given out. */
    ENDED,
    /** Over. */
    CLOSED;

    private static final Map<PollState, Set<PollState>> TRANSITIONS = transitions();

    boolean mayBecome(PollState next) {
        return requireNonNull(TRANSITIONS.get(this)).contains(next);
    }

    private static Map<PollState, Set<PollState>> transitions() {
        Map<PollState, Set<PollState>> table = new EnumMap<>(PollState.class);
        table.put(RESTING, EnumSet.of(RESTING, FULL, OPENING, READING, ENDED, CLOSED));
        table.put(FULL, EnumSet.of(RESTING, OPENING, READING, ENDED, CLOSED));
        table.put(OPENING, EnumSet.of(RESTING, READING, ENDED, CLOSED));
        table.put(READING, EnumSet.of(RESTING, ENDED, CLOSED));
        table.put(ENDED, EnumSet.of(CLOSED));
        table.put(CLOSED, EnumSet.noneOf(PollState.class));
        return table;
    }
}
