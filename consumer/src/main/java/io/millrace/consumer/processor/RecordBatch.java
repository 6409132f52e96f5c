package io.millrace.consumer.processor;

import static java.util.Objects.requireNonNull;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.model.StreamRecord;
import java.util.List;

/**
 * Records of one shard, handed to a processor together.
 *
 * @param shard where they come from
 * @param records in order; never empty
 * @param millisBehindLatest how far the shard's tip was ahead of these records when they were read, 0 when caught up
 * @param attempt 1 when the batch comes for the first time, one more each time that processing it failed
 * @param checkpointer saves progress before the batch is done; calling it is optional
 */
public record RecordBatch(
        ShardContext shard,
        List<StreamRecord> records,
        long millisBehindLatest,
        int attempt,
        Checkpointer checkpointer) {
    /** Checks the parts and copies the list. */
    public RecordBatch {
        requireNonNull(shard, "shard");
        requireNonNull(checkpointer, "checkpointer");
        records = List.copyOf(records);
        if (records.isEmpty() || attempt < 1) {
            throw new IllegalArgumentException("a batch has records and an attempt from 1 on");
        }
    }

    /** The last record of the batch. */
    public StreamRecord lastRecord() {
        return records.get(records.size() - 1);
    }
}
