package io.millrace.model;

import static java.util.Objects.requireNonNull;

/**
 * A shard's name within its stream, such as {@code shardId-000000000007}; ordered as text, which for the service's ids
 * is the order of creation.
 *
 * @param value 1 to 128 letters, digits, {@code _}, {@code .} or {@code -}
 */
public record ShardId(String value) implements Comparable<ShardId> {
    /** The id of shard 0. */
    private static final String PREFIX = "shardId-000000000000";

    /** Checks the form. */
    public ShardId {
        requireNonNull(value, "value");
        if (!StreamName.isName(value)) {
            throw new IllegalArgumentException("not a shard id: " + value);
        }
    }

    /** The id of the stream's {@code index}-th shard, counted from 0 for ever. */
    public static ShardId of(int index) {
        if (index < 0) {
            throw new IllegalArgumentException("a shard index is not negative: " + index);
        }
        String digits = Integer.toString(index);
        return new ShardId(PREFIX.substring(0, PREFIX.length() - digits.length()) + digits);
    }

    @Override
    public int compareTo(ShardId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
