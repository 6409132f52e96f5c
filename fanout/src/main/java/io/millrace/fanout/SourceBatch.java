package io.millrace.fanout;

import io.millrace.model.StreamRecord;
import java.util.List;

/**
 * Consecutive records of one shard.
 *
 * @param records in order; never empty
 * @param millisBehindLatest how far the tip was ahead when they were read, 0 when caught up
 */
public record SourceBatch(List<StreamRecord> records, long millisBehindLatest) {
    /** Copies the list. */
    public SourceBatch {
        records = List.copyOf(records);
        if (records.isEmpty()) {
            throw new IllegalArgumentException("a batch has records");
        }
    }

    /** The last record of the batch. */
    public StreamRecord lastRecord() {
        return records.get(records.size() - 1);
    }
}
