package io.millrace.fanout.pipe;

import io.millrace.fanout.SourceBatch;
import io.millrace.model.StreamRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The records of a pipe that were not given out yet, event by event, and the bytes of all that were not released yet. Belongs
 * to its source's event loop.
 */
final class EventBuffer {
    private final Deque<SourceBatch> batches = new ArrayDeque<>();
    private long bytes;

    /** Adds the records of an event in batches of at most {@code most}. */
    void add(List<StreamRecord> records, long millisBehindLatest, int most) {
        for (int from = 0; from < records.size(); from += most) {
            SourceBatch batch =
                    new SourceBatch(records.subList(from, Math.min(records.size(), from + most)), millisBehindLatest);
            batches.add(batch);
            bytes += bytesOf(batch);
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
        bytes += bytesOf(batch);
    }

    void release(SourceBatch batch) {
        bytes -= bytesOf(batch);
    }

    void clear() {
        batches.clear();
        bytes = 0;
    }

    private static long bytesOf(SourceBatch batch) {
        long bytes = 0;
        for (StreamRecord record : batch.records()) {
            bytes += record.data().size() + record.partitionKey().length();
        }
        return bytes;
    }
}
