package io.millrace.producer;

/** The ways to bear that a producer holds as many bytes as it may; see {@link ProducerBuilder#maxBytes}. */
public enum WhenFull {
    /**
     * {@code send} waits on its thread until there is room; that takes {@link ProducerBuilder#giveUpAfter} at most, as what is
     * held is stored or given up by then. On the producer's own thread, which runs what follows from the results of sends, it
     * cannot wait and does as {@link #FAIL}. A thread that is interrupted stays so, and its record fails with {@link
     * SendException.NoRoom}.
     */
    BLOCK,

    /** The new record fails at once with {@link SendException.NoRoom}. */
    FAIL,

    /**
     * The records that have waited longest and are not under way fail with {@link SendException.NoRoom} when seven eighths of the
     * room are taken; the new one fails only if the producer is full all the same.
     */
    DROP_OLDEST
}
