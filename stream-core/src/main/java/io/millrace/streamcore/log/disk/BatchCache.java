package io.millrace.streamcore.log.disk;

import java.util.ArrayDeque;
import java.util.Queue;

/** The newest batches of a log, as many as fit a bound: the oldest goes first. Belongs to the writer's loop. */
final class BatchCache {
    private final long capacity;
    /** For each batch, the index that it is in. */
    private final Queue<ShardIndex> owners = new ArrayDeque<>();

    private long bytes;

    BatchCache(long capacity) {
        this.capacity = capacity;
    }

    /** True if a batch of this size may stay at all. */
    boolean takes(int size) {
        return size <= capacity;
    }

    /** Counts a batch that was just entered in {@code index} and drops what no longer fits. */
    void add(ShardIndex index, int size) {
        owners.add(index);
        bytes += size;
        while (bytes > capacity) {
            bytes -= owners.remove().evictOldest();
        }
    }
}
