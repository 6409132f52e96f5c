package io.millrace.multilang.child;

import java.time.Duration;

/**
 * Is told how children get on; a shard has one, also where several are one process. Called on the loop of the children, but for {@link #moved} and {@link #lettersWritten}; must
 * not block or throw.
 */
public interface ChildListener {
    /** A listener that does nothing. */
    ChildListener NONE = new ChildListener() {};

    /** The process of a child runs. */
    default void started(ChildName child, long pid) {}

    /** A child answered {@code initialize}, so long after its start was asked for. */
    default void ready(ChildName child, Duration after) {}

    /** A child answered an action, so long after it was told; its checkpoints included. */
    default void answered(ChildName child, Duration after) {}

    /**
     * A child is gone.
     *
     * @param reason why, in one line
     * @param end the kind of reason
     */
    default void ended(ChildName child, long pid, String reason, ChildEnd end) {}

    /** So many bytes went to a child, and so many came from it. Called on any thread. */
    default void moved(ChildName child, long toChild, long fromChild) {}

    /**
     * Records that children failed at were given up and are stored as letters. Called on a thread that may block, for several
     * shards at once.
     */
    default void lettersWritten(ChildName child, int letters) {}
}
