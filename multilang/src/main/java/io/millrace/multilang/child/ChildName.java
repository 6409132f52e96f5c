package io.millrace.multilang.child;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;

/**
 * The shard that a child works on, which is what the child is called.
 *
 * @param stream the shard's stream
 * @param shard the shard
 */
public record ChildName(StreamName stream, ShardId shard) {
    /** Checks the parts. */
    public ChildName {
        requireNonNull(stream, "stream");
        requireNonNull(shard, "shard");
    }

    @Override
    public String toString() {
        return stream + "/" + shard;
    }
}
