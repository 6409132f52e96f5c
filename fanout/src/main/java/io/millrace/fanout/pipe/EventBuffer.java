package io.millrace.fanout.pipe;

import io.millrace.fanout.SourceBatch;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The records of a pipe that were not given out yet, event by event, and the bytes of the heap of all that were not released yet. Belongs
 * to its source's event loop.
 */
final class EventBuffer {
    private final Deque<SourceBatch> batches = new ArrayDeque<>();
    private long bytes;

    /** Adds the records of an event. */
    void add(List<SourceBatch> event) {
        for (SourceBatch batch : event) {
            batches.add(batch);
            bytes += batch.heapBytes();
        }
    }

    boolean isEmpty() {
        return batches.isEmpty();
    }

    /** The bytes of what was added or lent and not released. */
    long bytes() {
        return bytes;
    }

    /** Takes the oldest batch; there must be one. Its bytes count until it is released. */
    SourceBatch take() {
        return batches.remove();
    }

    /** Counts {@code batch}, which came another way, until it is released. */
    void lend(SourceBatch batch) {
        bytes += batch.heapBytes();
    }

    void release(SourceBatch batch) {
        bytes -= batch.heapBytes();
    }

    void clear() {
        batches.clear();
        bytes = 0;
    }
}
