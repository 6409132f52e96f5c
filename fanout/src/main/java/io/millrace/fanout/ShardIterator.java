package io.millrace.fanout;

import static java.util.Objects.requireNonNull;

/**
 * A place in a shard as the stream service writes it down; means nothing to anyone else.
 *
 * @param value the service's text
 */
public record ShardIterator(String value) {
    /** Checks the part. */
    public ShardIterator {
        requireNonNull(value, "value");
    }
}
