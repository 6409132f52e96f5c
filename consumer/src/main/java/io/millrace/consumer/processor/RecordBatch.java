package io.millrace.consumer.processor;

import static java.util.Objects.requireNonNull;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records of one shard, handed to a processor together.
 *
 * @param shard where they come from
 * @param records in order; empty only where the worker was asked for empty batches
 * @param millisBehindLatest how far the shard's tip was ahead of these records when they were read, 0 when caught up
 * @param attempt 1 when the batch comes for the first time, one more each time that processing it failed
 * @param checkpointer saves progress before the batch is done; calling it is optional unless checkpoints are manual
 * @param readUpToOrNull all records of the shard, or of the lane where it has several, that arrived before this time are in this
 *     batch or came before it, by the times that the service tells; absent while nothing is known of that. That of an empty batch
 *     tells how far the shard is read
 */
public record RecordBatch(
        ShardContext shard,
        List<StreamRecord> records,
        long millisBehindLatest,
        int attempt,
        Checkpointer checkpointer,
        @Nullable Instant readUpToOrNull) {
    /** A batch of records that tells no more of the shard than they do. */
    public RecordBatch(
            ShardContext shard,
            List<StreamRecord> records,
            long millisBehindLatest,
            int attempt,
            Checkpointer checkpointer) {
        this(
                shard,
                records,
                millisBehindLatest,
                attempt,
                checkpointer,
                records.isEmpty() ? null : records.get(records.size() - 1).arrival());
    }

    /** Checks the parts and copies the list. */
    public RecordBatch {
        requireNonNull(shard, "shard");
        requireNonNull(checkpointer, "checkpointer");
        records = List.copyOf(records);
        if (attempt < 1) {
            throw new IllegalArgumentException("attempts count from 1, not from " + attempt);
        }
    }

    /**
     * The last record of the batch.
     *
     * @throws IllegalStateException if the batch is empty
     */
    public StreamRecord lastRecord() {
        if (records.isEmpty()) {
            throw new IllegalStateException("an empty batch has no last record");
        }
        return records.get(records.size() - 1);
    }

    /**
     * True once another worker may own the shard: nothing that is done for these records from now on is saved, and another
     * worker may do it again at the same time. Safe for any thread; cheap enough to ask for each record.
     */
    public boolean isLeaseLost() {
        return checkpointer.isLeaseLost();
    }
}
