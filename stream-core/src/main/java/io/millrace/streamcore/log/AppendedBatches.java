package io.millrace.streamcore.log;

import static java.util.Objects.requireNonNull;

/** What became of batches that were appended together, in the order in which they were given. Immutable. */
public final class AppendedBatches {
    /** Stands for the first index of a batch whose shard takes no more. */
    public static final long SEALED = -1;

    private final long[] firstIndexes;
    private final long timeMillis;

    /**
     * What became of each.
     *
     * @param firstIndexes by batch: the number of its first record, or {@link #SEALED}; nobody may write to it again
     * @param timeMillis see {@link #timeMillis()}
     */
    public AppendedBatches(long[] firstIndexes, long timeMillis) {
        this.firstIndexes = requireNonNull(firstIndexes, "firstIndexes");
        this.timeMillis = timeMillis;
    }

    /** True if a batch's shard takes no more records; nothing of the batch is in the log. */
    public boolean isSealed(int batch) {
        return firstIndexes[batch] == SEALED;
    }

    /** The number of a batch's first record in its shard; the batch must be in the log. */
    public long firstIndex(int batch) {
        if (isSealed(batch)) {
            throw new IllegalStateException("the shard took no more records");
        }
        return firstIndexes[batch];
    }

    /** When the log took them, in ms since the epoch; never below an earlier batch's. */
    public long timeMillis() {
        return timeMillis;
    }

    /** What became of one batch. */
    public AppendOutcome outcome(int batch) {
        return isSealed(batch)
                ? new AppendOutcome.Sealed()
                : new AppendOutcome.Appended(firstIndexes[batch], timeMillis);
    }
}
