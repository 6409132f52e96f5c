package io.millrace.lease;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;

/**
 * What a lease is about: one shard of one stream.
 *
 * @param stream the stream
 * @param shard the shard
 */
public record LeaseKey(StreamName stream, ShardId shard) implements Comparable<LeaseKey> {
    /** Checks the parts. */
    public LeaseKey {
        requireNonNull(stream, "stream");
        requireNonNull(shard, "shard");
    }

    @Override
    public int compareTo(LeaseKey other) {
        int byStream = stream.compareTo(other.stream);
        return byStream != 0 ? byStream : shard.compareTo(other.shard);
    }

    /** {@code stream/shard}. */
    @Override
    public String toString() {
        return stream + "/" + shard;
    }
}
