package io.millrace.fanout;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A place in a shard as the stream service writes it down; means nothing to anyone else.
 *
 * @param value the service's text
 * @param madeAtOrNull a moment of the service's own clock, not after it made the iterator; absent when it told no time
 */
public record ShardIterator(String value, @Nullable Instant madeAtOrNull) {
    /** Checks the part. */
    public ShardIterator {
        requireNonNull(value, "value");
    }

    /** An iterator of which nobody asks when it was made. */
    public ShardIterator(String value) {
        this(value, null);
    }

    /** When the service made it, by its own clock, or a moment before; empty when it told no time. */
    public Optional<Instant> madeAt() {
        return Optional.ofNullable(madeAtOrNull);
    }
}
