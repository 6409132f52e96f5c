package io.millrace.multilang.child;

import io.millrace.runtime.Transitions;

/** How a process speaks to the daemon, which it shows itself. {@link #TRANSITIONS} is the whole table. */
enum Speech {
    /** It has said nothing yet, and is told of its shard by a line. */
    UNKNOWN,
    /** Lines, over its standard input and output. */
    LINES,
    /** Frames, over the socket; its standard output is its own. */
    FRAMES;

    /** The whole table: each state, those that may follow it, and upon what. */
    static final Transitions<Speech> TRANSITIONS = Transitions.table(Speech.class)
            .from(UNKNOWN)
            .to(LINES, "a message comes as a line")
            .to(FRAMES, "it connects to the socket")
            .build();
}
