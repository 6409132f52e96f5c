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
    /** Many batches share one array: thousands of them stay in memory, so each is as few objects as can be. */
    private final byte[] bytes;

    private final int from;
    private final int size;

    /** A batch of these parts; the payload must not be written to again; one without an array is copied. */
    public LogBatch(long firstIndex, int count, long timeMillis, ByteBuffer payload) {
        this.firstIndex = firstIndex;
        this.count = count;
        this.timeMillis = timeMillis;
        this.size = requireNonNull(payload, "payload").remaining();
        if (payload.hasArray()) {
            this.bytes = payload.array();
            this.from = payload.arrayOffset() + payload.position();
        } else {
            this.bytes = new byte[size];
            this.from = 0;
            payload.get(payload.position(), bytes);
        }
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
