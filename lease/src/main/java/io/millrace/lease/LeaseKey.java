package io.millrace.lease;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.Comparator;

/**
 * What a lease is about: one shard of one stream.
 *
 * @param stream the stream
 * @param shard the shard
 */
public record LeaseKey(StreamName stream, ShardId shard) implements Comparable<LeaseKey> {
    private static final Comparator<LeaseKey> ORDER =
            Comparator.comparing(LeaseKey::stream).thenComparing(LeaseKey::shard);

    /** Checks the parts. */
    public LeaseKey {
        requireNonNull(stream, "stream");
        requireNonNull(shard, "shard");
    }

    @Override
    public int compareTo(LeaseKey other) {
        return ORDER.compare(this, other);
    }

    /** {@code stream/shard}. */
    @Override
    public String toString() {
        return stream + "/" + shard;
    }
}
