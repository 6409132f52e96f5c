package io.millrace.fanout.pipe;

import io.millrace.fanout.ByteBudget;
import io.millrace.fanout.SourceBatch;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The records of a pipe that were not given out yet, event by event, and the bytes of the heap of all that were not released yet, which
 * it takes from the budget of all sources. Belongs to its source's event loop.
 */
final class EventBuffer {
    private final long most;
    private final ByteBudget budget;
    private final Deque<SourceBatch> batches = new ArrayDeque<>();
    private long bytes;
    /** Taken from the budget for the event that is awaited. */
    private long reserved;
    /** The weight of the last event that brought records. */
    private long lastEvent;

    /**
     * An empty buffer.
     *
     * @param most the bytes up to which it asks for more
     */
    EventBuffer(long most, ByteBudget budget) {
        this.most = most;
        this.budget = budget;
    }

    /** True if another event may come: its shard holds nothing, or there is room in the buffer and in the budget. */
    boolean mayHoldMore() {
        return bytes == 0 || (bytes < most && budget.hasRoom());
    }

    /** An event is asked for. Beside others it counts as much as the last one; a shard that holds nothing may always have one. */
    void reserve() {
        unreserve();
        if (bytes > 0) {
            reserved = lastEvent;
            budget.take(reserved);
        }
    }

    /** The event is here, or does not come. */
    void unreserve() {
        long before = reserved;
        reserved = 0;
        budget.take(-before);
    }

    /** Adds the records of an event. */
    void add(List<SourceBatch> event) {
        long weight = 0;
        for (SourceBatch batch : event) {
            batches.add(batch);
            weight += batch.heapBytes();
        }
        if (weight > 0) {
            lastEvent = weight;
            count(weight);
        }
    }

    boolean isEmpty() {
        return batches.isEmpty();
    }

    /** Takes the oldest batch; there must be one. Its bytes count until it is released. */
    SourceBatch take() {
        return batches.remove();
    }

    /** Counts {@code batch}, which came another way, until it is released. */
    void lend(SourceBatch batch) {
        count(batch.heapBytes());
    }

    void release(SourceBatch batch) {
        count(-batch.heapBytes());
    }

    void clear() {
        batches.clear();
        unreserve();
        count(-bytes);
    }

    private void count(long more) {
        bytes += more;
        budget.take(more);
    }
}
