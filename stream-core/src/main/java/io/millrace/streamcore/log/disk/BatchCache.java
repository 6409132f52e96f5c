package io.millrace.streamcore.log.disk;

import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.NewBatches;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The batches of a log's newest frames, as many as fit a bound: the oldest frame goes first, with all its batches. Frames
 * have numbers that the index names, so neither coming nor going touches every batch. The writer's loop adds; any thread
 * looks.
 */
final class BatchCache {
    /** The number of no frame. */
    static final int NONE = 0;

    private final long capacity;
    /** Frames by their numbers' last bits. */
    private volatile AtomicReferenceArray<@Nullable Kept> ring = new AtomicReferenceArray<>(8);

    // The writer's.
    private int oldest;
    private int next;
    private long bytes;

    BatchCache(long capacity) {
        this(capacity, NONE + 1);
    }

    /** A cache whose first frame has this number. */
    BatchCache(long capacity, int first) {
        this.capacity = capacity;
        this.oldest = first;
        this.next = first;
    }

    /**
     * Keeps batches that begin at {@code position} of their segment, and drops what no longer fits. Writer only.
     *
     * @return the number of their frame, {@link #NONE} if they are too many to be kept
     */
    int add(Segment segment, NewBatches batches, int position) {
        int size = batches.totalLength() + batches.size() * segment.tagBytes();
        if (size > capacity) {
            return NONE;
        }
        // One more than there are frames where the numbers begin anew, and so maybe one more than the ring is long.
        if (next - oldest >= ring.length()) {
            grow();
        }
        int number = next;
        int place = place(ring, number);
        if (segment.tagBytes() == 0) {
            ring.set(place, new Kept(number, segment, position, size, batches.bytes(), batches.from(0)));
        } else {
            ring.set(place, new Kept(number, segment, position, size, spaced(batches, segment.tagBytes()), 0));
        }
        next = after(number);
        bytes += size;
        while (bytes > capacity) {
            evictOldest();
        }
        return number;
    }

    /** The batch of this row of the segment's index, if it is kept. */
    @Nullable
    LogBatch find(Segment segment, ShardIndex rows, int row) {
        int number = rows.frame(row);
        AtomicReferenceArray<@Nullable Kept> now = ring;
        Kept kept = now.get(place(now, number));
        // Numbers come again after four thousand million frames, but not within one segment.
        if (kept == null || kept.number != number || kept.segment != segment) {
            return null;
        }
        return new LogBatch(
                rows.firstIndex(row),
                rows.count(row),
                rows.timeMillis(row),
                kept.bytes,
                kept.from + rows.position(row) - kept.position,
                rows.length(row) - segment.tagBytes());
    }

    private void evictOldest() {
        int place = place(ring, oldest);
        Kept gone = ring.getAndSet(place, null);
        bytes -= gone == null ? 0 : gone.size;
        oldest = after(oldest);
    }

    private void grow() {
        AtomicReferenceArray<@Nullable Kept> old = ring;
        AtomicReferenceArray<@Nullable Kept> more = new AtomicReferenceArray<>(2 * old.length());
        for (int number = oldest; number != next; number = after(number)) {
            more.set(place(more, number), old.get(place(old, number)));
        }
        ring = more;
    }

    private static int place(AtomicReferenceArray<@Nullable Kept> ring, int number) {
        return number & (ring.length() - 1);
    }

    private static int after(int number) {
        return number + 1 == NONE ? NONE + 1 : number + 1;
    }

    /** The batches' bytes as far from each other as they are in a segment that is encrypted. */
    private static byte[] spaced(NewBatches batches, int tagBytes) {
        byte[] spaced = new byte[batches.totalLength() + batches.size() * tagBytes];
        int at = 0;
        for (int batch = 0; batch < batches.size(); batch++) {
            System.arraycopy(batches.bytes(), batches.from(batch), spaced, at, batches.length(batch));
            at += batches.length(batch) + tagBytes;
        }
        return spaced;
    }

    /**
     * The batches of one frame.
     *
     * <p>A class and no record, because it holds an array; nobody writes to it.
     */
    private static final class Kept {
        private final int number;
        private final Segment segment;
        private final int position;
        private final int size;
        private final byte[] bytes;
        private final int from;

        Kept(int number, Segment segment, int position, int size, byte[] bytes, int from) {
            this.number = number;
            this.segment = segment;
            this.position = position;
            this.size = size;
            this.bytes = bytes;
            this.from = from;
        }
    }
}
