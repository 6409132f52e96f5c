package io.millrace.consumer.delivery;

import java.time.Duration;

/**
 * How many records a processor gets at once.
 *
 * @param records the most records, 1 to 10,000
 * @param bytes the most payload bytes; a single record may be larger
 * @param window how long to wait for a full batch after its first record came, unless the shard may hold no
 *     more until then; zero hands out at once what there is
 * @param isEmptyWanted true if reads that find nothing are handed out as empty batches
 */
public record Batching(int records, long bytes, Duration window, boolean isEmptyWanted) {
    /** Up to 1,000 records of any size, at once, and no empty batches. */
    public static final Batching DEFAULT = new Batching(1_000, Long.MAX_VALUE, Duration.ZERO, false);

    /** Checks the bounds. */
    public Batching {
        if (records < 1 || records > 10_000) {
            throw new IllegalArgumentException("maxRecordsPerBatch is 1 to 10,000, not " + records);
        }
        if (bytes < 1) {
            throw new IllegalArgumentException("maxBytesPerBatch is at least 1, not " + bytes);
        }
        if (window.isNegative() || window.compareTo(Duration.ofMinutes(5)) > 0) {
            throw new IllegalArgumentException("batchWindow is 0 to 5 minutes, not " + window);
        }
    }

    /** The same with at most this many records. */
    public Batching withRecords(int most) {
        return new Batching(most, bytes, window, isEmptyWanted);
    }

    /** The same with at most this many payload bytes. */
    public Batching withBytes(long most) {
        return new Batching(records, most, window, isEmptyWanted);
    }

    /** The same with this time to wait for a full batch. */
    public Batching withWindow(Duration time) {
        return new Batching(records, bytes, time, isEmptyWanted);
    }

    /** The same with or without empty batches. */
    public Batching withEmpty(boolean wanted) {
        return new Batching(records, bytes, window, wanted);
    }
}
