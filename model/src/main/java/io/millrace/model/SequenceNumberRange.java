package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sequence numbers a shard may hold: every record is above {@code starting} and, once the shard is closed, below
 * {@code ending}.
 *
 * @param starting below the shard's first record
 * @param endingOrNull above the shard's last record; absent while the shard is open
 */
public record SequenceNumberRange(
        SequenceNumber starting, @Nullable SequenceNumber endingOrNull) {
    /** Checks the parts. */
    public SequenceNumberRange {
        requireNonNull(starting, "starting");
    }

    /** The range of an open shard. */
    public static SequenceNumberRange openFrom(SequenceNumber starting) {
        return new SequenceNumberRange(starting, null);
    }

    /** The end of a closed shard. */
    public Optional<SequenceNumber> ending() {
        return Optional.ofNullable(endingOrNull);
    }
}
