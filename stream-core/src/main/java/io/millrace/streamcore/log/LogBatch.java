package io.millrace.streamcore.log;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;

/**
 * A batch of records as it was appended. Immutable and shared between readers: the payload is handed out as fresh
 * read-only views.
 */
public final class LogBatch {
    private final long firstIndex;
    private final int count;
    private final long timeMillis;
    /** Batches that were appended together share one array. */
    private final byte[] bytes;

    private final int from;
    private final int size;

    /**
     * A batch of these parts.
     *
     * @param bytes where its payload stands, and maybe others'; must not be written to again
     * @param from where its payload begins
     * @param size how many bytes its payload has
     */
    public LogBatch(long firstIndex, int count, long timeMillis, byte[] bytes, int from, int size) {
        this.firstIndex = firstIndex;
        this.count = count;
        this.timeMillis = timeMillis;
        this.bytes = requireNonNull(bytes, "bytes");
        this.from = from;
        this.size = size;
    }

    /** The index of the batch's first record in its shard. */
    public long firstIndex() {
        return firstIndex;
    }

    /** How many records it holds. */
    public int count() {
        return count;
    }

    /** The index after its last record. */
    public long endIndex() {
        return firstIndex + count;
    }

    /** When the log took it, in ms since the epoch. */
    public long timeMillis() {
        return timeMillis;
    }

    /** The size of the payload in bytes. */
    public int size() {
        return size;
    }

    /** The records' bytes: a view of the caller's own. */
    public ByteBuffer payload() {
        return ByteBuffer.wrap(bytes, from, size).slice().asReadOnlyBuffer();
    }
}
