package io.millrace.fanout.polling;

import io.millrace.fanout.SourceBatch;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The batches of one shard that were read and not given out yet. Belongs to its source's event loop. */
final class PageBuffer {
    private final Deque<SourceBatch> batches = new ArrayDeque<>();

    /** Adds what a read found. */
    void add(List<SourceBatch> page) {
        batches.addAll(page);
    }

    boolean isEmpty() {
        return batches.isEmpty();
    }

    /** Takes the next batch. There must be one. */
    SourceBatch take() {
        return batches.remove();
    }

    void clear() {
        batches.clear();
    }
}
