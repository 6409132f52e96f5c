package io.millrace.fanout;

import static java.util.Objects.requireNonNull;

/**
 * Why a shard cannot be read at the moment.
 *
 * @param kind what sort of trouble
 * @param failures how many tries failed in a row
 * @param message what the service said, in one line
 */
public record SourceTrouble(ShardReadException.Kind kind, int failures, String message) {
    /** Checks the parts. */
    public SourceTrouble {
        requireNonNull(kind, "kind");
        requireNonNull(message, "message");
    }
}
