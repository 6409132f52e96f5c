package io.millrace.consumer.processor;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Checkpoint;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;

/**
 * What a processor works on.
 *
 * @param stream the stream
 * @param shard the shard
 * @param epoch the fencing number of this ownership: higher than that of every owner of this shard before. A sink that
 *     remembers the highest epoch it has seen can refuse a worker that lost the shard without noticing
 * @param checkpoint where consumption goes on
 */
public record ShardContext(StreamName stream, ShardId shard, long epoch, Checkpoint checkpoint) {
    /** Checks the parts. */
    public ShardContext {
        requireNonNull(stream, "stream");
        requireNonNull(shard, "shard");
        requireNonNull(checkpoint, "checkpoint");
    }
}
