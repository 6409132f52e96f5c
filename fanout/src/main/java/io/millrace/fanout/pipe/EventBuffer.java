package io.millrace.fanout.pipe;

import io.millrace.fanout.SourceBatch;
import io.millrace.model.StreamRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The records of a pipe that were not given out yet, event by event. Belongs to its source's event loop. */
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

    long bytes() {
        return bytes;
    }

    /** Takes the oldest batch; there must be one. */
    SourceBatch take() {
        SourceBatch batch = batches.remove();
        bytes -= bytesOf(batch);
        return batch;
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
