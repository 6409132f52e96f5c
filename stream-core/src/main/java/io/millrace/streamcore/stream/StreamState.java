package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.List;

/**
 * A stream at one moment.
 *
 * @param name its name
 * @param arn its ARN
 * @param status where it is in its life
 * @param created when it was made, to the millisecond
 * @param retentionHours how long records are kept
 * @param shards all shards that are still listed, open and closed, in the order of their ids
 */
public record StreamState(
        StreamName name, String arn, Status status, Instant created, int retentionHours, List<Shard> shards) {
    /** Where a stream is in its life; the names are the API's. */
    public enum Status {
        /** Made, not usable yet. */
        CREATING,
        /** In use. */
        ACTIVE,
        /** In use while its shards change. */
        UPDATING,
        /** Going away. */
        DELETING
    }

    /** Checks the parts and copies the list. */
    public StreamState {
        requireNonNull(name, "name");
        requireNonNull(arn, "arn");
        requireNonNull(status, "status");
        requireNonNull(created, "created");
        shards = List.copyOf(shards);
    }
}
