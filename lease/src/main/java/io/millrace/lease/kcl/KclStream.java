package io.millrace.lease.kcl;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.List;
import java.util.Optional;

/**
 * A stream as the service has it, which completes what old rows of the KCL do not say.
 *
 * @param name the stream
 * @param identity its ARN and creation time
 * @param shards all shards that the service still lists
 */
public record KclStream(StreamName name, StreamIdentity identity, List<Shard> shards) {
    /** Checks the parts and copies the list. */
    public KclStream {
        requireNonNull(name, "name");
        requireNonNull(identity, "identity");
        shards = List.copyOf(shards);
    }

    /** The shard of this id, if the service still lists it. */
    public Optional<Shard> shard(ShardId id) {
        return shards.stream().filter(shard -> shard.id().equals(id)).findFirst();
    }

    /** {@code account:stream:creation}: how the KCL names the stream in a table of several. */
    public String serialized() {
        return serialized(name, identity);
    }

    static String serialized(StreamName name, StreamIdentity identity) {
        String[] parts = identity.arn().split(":", -1);
        if (parts.length < 6) {
            throw new IllegalArgumentException("not the ARN of a stream: " + identity.arn());
        }
        return parts[4] + ":" + name.plain() + ":" + identity.created().getEpochSecond();
    }
}
