package io.millrace.consumer.watch;

import java.util.List;

/** A call of the user's code under way. Safe for any thread. */
public interface RunningCall {
    /** False while the call waits for a thread. */
    boolean hasBegun();

    /** What its thread is at, innermost frame first; empty when it is not running. */
    List<StackTraceElement> stack();

    /** Interrupts the thread of the call while it has one. */
    default void interrupt() {}
}
