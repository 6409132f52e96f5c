package io.millrace.streamcore.log;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;

/**
 * Batches of records to append together. All their bytes stand one after the other in one array, and what is known of
 * each batch in columns, because a put may touch hundreds of shards. Filled by one thread; once it is appended, nobody may
 * change it or write to its bytes.
 */
public final class NewBatches {
    private final byte[] bytes;
    private final int start;
    private final int[] shards;
    private final int[] counts;
    private final int[] ends;
    private int size;

    /** Room for so many batches, whose bytes stand in {@code bytes}. */
    public NewBatches(int room, byte[] bytes) {
        this(room, bytes, 0);
    }

    private NewBatches(int room, byte[] bytes, int start) {
        this.bytes = requireNonNull(bytes, "bytes");
        this.start = start;
        this.shards = new int[room];
        this.counts = new int[room];
        this.ends = new int[room];
    }

    /** One batch: see {@link #add} for its parts; a payload without an array is copied. */
    public static NewBatches of(int shard, int count, ByteBuffer payload) {
        int length = payload.remaining();
        NewBatches one;
        if (payload.hasArray()) {
            one = new NewBatches(1, payload.array(), payload.arrayOffset() + payload.position());
        } else {
            byte[] copy = new byte[length];
            payload.get(payload.position(), copy);
            one = new NewBatches(1, copy);
        }
        one.add(shard, count, length);
        return one;
    }

    /**
     * Adds a batch whose bytes begin where those of the batch before end.
     *
     * @param shard the shard's number in its stream, not negative
     * @param count how many records there are, at least 1
     * @param length how many bytes they take
     */
    public void add(int shard, int count, int length) {
        if (shard < 0) {
            throw new IllegalArgumentException("a shard's number is not negative: " + shard);
        }
        if (count < 1) {
            throw new IllegalArgumentException("a batch has at least one record, not " + count);
        }
        int from = size == 0 ? start : ends[size - 1];
        if (length < 0 || length > bytes.length - from) {
            throw new IllegalArgumentException(
                    "a batch of " + length + " bytes, but there are " + (bytes.length - from));
        }
        shards[size] = shard;
        counts[size] = count;
        ends[size] = from + length;
        size++;
    }

    /** How many batches there are. */
    public int size() {
        return size;
    }

    /** The shard of a batch. */
    public int shard(int batch) {
        return shards[batch];
    }

    /** How many records a batch has. */
    public int count(int batch) {
        return counts[batch];
    }

    /** Where a batch begins in {@link #bytes}. */
    public int from(int batch) {
        return batch == 0 ? start : ends[batch - 1];
    }

    /** How many bytes a batch has. */
    public int length(int batch) {
        return ends[batch] - from(batch);
    }

    /** How many bytes all batches have together. */
    public int totalLength() {
        return size == 0 ? 0 : ends[size - 1] - start;
    }

    /** What the batches' bytes stand in; not to be written to. */
    public byte[] bytes() {
        return bytes;
    }
}
