package io.millrace.multilang.child;

import java.time.Duration;

/**
 * Is told how children get on. Called on the loop of the children, but for {@link #lettersWritten}; must not block or throw.
 */
public interface ChildListener {
    /** A listener that does nothing. */
    ChildListener NONE = new ChildListener() {};

    /** The process of a child runs. */
    default void started(ChildName child, long pid) {}

    /** A child answered {@code initialize}, so long after its start was asked for. */
    default void ready(ChildName child, Duration after) {}

    /**
     * A child is gone.
     *
     * @param reason why, in one line
     * @param isFailure true if nobody wanted it to end
     */
    default void ended(ChildName child, long pid, String reason, boolean isFailure) {}

    /**
     * Records that children failed at were given up and are stored as letters. Called on a thread that may block, for several
     * shards at once.
     */
    default void lettersWritten(ChildName child, int letters) {}
}
