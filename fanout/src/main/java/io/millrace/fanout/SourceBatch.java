package io.millrace.fanout;

import io.millrace.model.StreamRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * Consecutive records of one shard.
 *
 * @param records in order; never empty
 * @param millisBehindLatest how far the tip was ahead when they were read, 0 when caught up
 * @param heapBytes what they weigh in the heap ({@link HeapSize}); 0 where nobody counts it
 */
public record SourceBatch(List<StreamRecord> records, long millisBehindLatest, long heapBytes) {
    /** Copies the list. */
    public SourceBatch {
        records = List.copyOf(records);
        if (records.isEmpty()) {
            throw new IllegalArgumentException("a batch has records");
        }
    }

    /** A batch whose records are weighed. */
    public SourceBatch(List<StreamRecord> records, long millisBehindLatest) {
        this(records, millisBehindLatest, weigh(records));
    }

    /** All of {@code records} in batches of at most {@code most}, weighed. */
    public static List<SourceBatch> of(List<StreamRecord> records, long millisBehindLatest, int most) {
        List<SourceBatch> batches = new ArrayList<>(1 + records.size() / most);
        for (int from = 0; from < records.size(); from += most) {
            List<StreamRecord> some = records.subList(from, Math.min(records.size(), from + most));
            batches.add(new SourceBatch(some, millisBehindLatest));
        }
        return batches;
    }

    private static long weigh(List<StreamRecord> records) {
        long bytes = 0;
        for (StreamRecord record : records) {
            bytes += HeapSize.of(record);
        }
        return bytes;
    }

    /** The last record of the batch. */
    public StreamRecord lastRecord() {
        return records.get(records.size() - 1);
    }
}
