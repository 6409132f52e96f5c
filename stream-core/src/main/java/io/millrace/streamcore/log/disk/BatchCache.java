package io.millrace.streamcore.log.disk;

import java.util.ArrayDeque;
import java.util.Queue;

/** The newest batches of a log, as many as fit a bound: the oldest goes first. Belongs to the writer's loop. */
final class BatchCache {
    private final long capacity;
    private final Queue<Slot> slots = new ArrayDeque<>();
    private long bytes;

    BatchCache(long capacity) {
        this.capacity = capacity;
    }

    /** True if a batch of this size may stay at all. */
    boolean takes(int size) {
        return size <= capacity;
    }

    /** Counts a batch that was entered in {@code index} and drops what no longer fits. */
    void add(ShardIndex index, int row, int size) {
        slots.add(new Slot(index, row, size));
        bytes += size;
        while (bytes > capacity) {
            Slot oldest = slots.remove();
            oldest.index.evict(oldest.row);
            bytes -= oldest.size;
        }
    }

    private record Slot(ShardIndex index, int row, int size) {}
}
