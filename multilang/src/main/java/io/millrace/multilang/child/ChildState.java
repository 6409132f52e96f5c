package io.millrace.multilang.child;

import io.millrace.runtime.Transitions;

/** The state of one child process. {@link #TRANSITIONS} is the whole table. */
enum ChildState {
    /** The process is being started. */
    STARTING,
    /** The process runs, and is told of its shard. */
    INITIALIZING,
    /** The child waits for an action. */
    IDLE,
    /** The child has an action in hand. */
    BUSY,
    /** The process shall end: its input is closed, and signals follow. */
    ENDING,
    /** The process is gone, and its last line is read. */
    ENDED;

    /** The whole table: each state, those that may follow it, and upon what. */
    static final Transitions<ChildState> TRANSITIONS = Transitions.table(ChildState.class)
            .from(STARTING)
            .to(INITIALIZING, "the process runs")
            .to(ENDED, "the process cannot be started")
            .from(INITIALIZING)
            .to(IDLE, "initialize is answered")
            .to(ENDING, "it failed, or is not wanted any more")
            .to(ENDED, "the process is gone")
            .from(IDLE)
            .to(BUSY, "an action is told")
            .to(ENDING, "it failed, or is not wanted any more")
            .to(ENDED, "the process is gone")
            .from(BUSY)
            .to(IDLE, "the action is answered")
            .to(ENDING, "it failed, or is not wanted any more")
            .to(ENDED, "the process is gone")
            .from(ENDING)
            .to(ENDED, "the process is gone")
            .build();
}
