package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A registered consumer at one moment: who may read shards through pipes of its own.
 *
 * @param stream the stream it is registered with
 * @param streamArn that stream's ARN
 * @param name its name, unique in the stream
 * @param arn its ARN, which ends with the second of its registration
 * @param status where it is in its life
 * @param created when it was registered, to the millisecond
 * @param tags its tags
 * @param policyOrNull its resource policy as it was given
 */
public record ConsumerState(
        StreamName stream,
        String streamArn,
        String name,
        String arn,
        Status status,
        Instant created,
        Map<String, String> tags,
        @Nullable String policyOrNull) {
    /** Where a consumer is in its life; the names are the API's. */
    public enum Status {
        /** Registered, may not read yet. */
        CREATING,
        /** May read. */
        ACTIVE,
        /** Going away, may not read any more. */
        DELETING
    }

    /** Checks the parts and copies the map. */
    public ConsumerState {
        requireNonNull(stream, "stream");
        requireNonNull(streamArn, "streamArn");
        requireNonNull(name, "name");
        requireNonNull(arn, "arn");
        requireNonNull(status, "status");
        requireNonNull(created, "created");
        tags = Map.copyOf(tags);
    }

    /** Its resource policy. */
    public Optional<String> policy() {
        return Optional.ofNullable(policyOrNull);
    }

    /** The second of its registration, as it stands in its ARN. */
    public long createdSeconds() {
        return created.getEpochSecond();
    }
}
