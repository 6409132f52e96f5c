package io.millrace.fanout.pipe;

import io.millrace.runtime.Transitions;

/** The state of a source's pipe. {@link #TRANSITIONS} is the whole table. */
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

    static final Transitions<PipeState> TRANSITIONS = Transitions.table(PipeState.class)
            .from(WAITING)
            .to(OPENING, "the time to subscribe has come")
            .to(PARKED, "nobody wants records")
            .to(ENDED, "the shard is over, or read out by polling")
            .to(CLOSED, "close() is called")
            .from(OPENING)
            .to(WAITING, "the subscription ends")
            .to(FLOWING, "the first event is here")
            .to(PARKED, "nobody wants records")
            .to(ENDED, "the shard is over or read out")
            .to(CLOSED, "close() is called")
            .from(FLOWING)
            .to(WAITING, "the subscription ends")
            .to(PARKED, "nobody wants records")
            .to(ENDED, "the shard is over or read out")
            .to(CLOSED, "close() is called")
            .from(PARKED)
            .to(WAITING, "records are wanted")
            .to(ENDED, "the shard is over")
            .to(CLOSED, "close() is called")
            .from(ENDED)
            .to(CLOSED, "close() is called")
            .build();
}
