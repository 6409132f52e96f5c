package io.millrace.consumer.processor;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Checkpoint;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The shard that a processor works on.
 *
 * @param stream the stream
 * @param shard the shard
 * @param epoch the fencing number of this ownership: higher than that of every owner of this shard before. A sink that
 *     remembers the highest epoch it has seen can refuse a worker that lost the shard without noticing
 * @param checkpoint where consumption goes on
 * @param lane which of the shard's lanes the processor has, from 0
 * @param lanes how many lanes the shard has; 1 unless the worker was built with more
 * @param pendingOrNull the checkpoint that an owner before prepared and did not commit
 */
public record ShardContext(
        StreamName stream,
        ShardId shard,
        long epoch,
        Checkpoint checkpoint,
        int lane,
        int lanes,
        @Nullable PendingCheckpoint pendingOrNull) {
    /** Checks the parts. */
    public ShardContext {
        requireNonNull(stream, "stream");
        requireNonNull(shard, "shard");
        requireNonNull(checkpoint, "checkpoint");
        if (lane < 0 || lane >= lanes) {
            throw new IllegalArgumentException("there is no lane " + lane + " among " + lanes);
        }
    }

    /** The context of a shard with one lane. */
    public ShardContext(StreamName stream, ShardId shard, long epoch, Checkpoint checkpoint) {
        this(stream, shard, epoch, checkpoint, 0, 1, null);
    }

    /**
     * The checkpoint that an owner before prepared and did not commit: find out from its state whether its work was done. Records
     * come again from {@link #checkpoint} on, those that it covers among them. It is over once a checkpoint at or beyond it is
     * saved.
     */
    public Optional<PendingCheckpoint> pending() {
        return Optional.ofNullable(pendingOrNull);
    }

    /**
     * A key that is the same each time that a record is delivered, and different for every other record of the stream:
     * {@code shard:sequence number:sub-sequence number}. A sink that remembers it can leave out what comes again.
     */
    public String idempotenceKey(RecordPosition position) {
        return shard + ":" + position.sequenceNumber() + ":" + position.subSequenceNumber();
    }
}
