package io.millrace.fanout.polling;

import io.millrace.runtime.Transitions;

/** The state of a polling source. {@link #TRANSITIONS} is the whole table. */
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

    static final Transitions<PollState> TRANSITIONS = Transitions.table(PollState.class)
            .from(RESTING)
            .to(RESTING, "the next read is not due")
            .to(FULL, "it holds as much as it may")
            .to(OPENING, "a read is due, and there is no iterator")
            .to(READING, "a read is due")
            .to(ENDED, "the shard is over")
            .to(CLOSED, "close() is called")
            .from(FULL)
            .to(RESTING, "there is room, and the next read is not due")
            .to(OPENING, "there is room, and no iterator")
            .to(READING, "there is room")
            .to(ENDED, "the shard is over")
            .to(CLOSED, "close() is called")
            .from(OPENING)
            .to(RESTING, "the call fails")
            .to(READING, "the iterator is here")
            .to(ENDED, "the shard is over")
            .to(CLOSED, "close() is called")
            .from(READING)
            .to(RESTING, "records are here, or the call fails")
            .to(ENDED, "the shard is read out or over")
            .to(CLOSED, "close() is called")
            .from(ENDED)
            .to(CLOSED, "close() is called")
            .build();
}
