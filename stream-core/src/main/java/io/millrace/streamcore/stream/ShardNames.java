package io.millrace.streamcore.stream;

import io.millrace.model.ShardId;
import java.util.OptionalInt;

/**
 * The loose forms in which the service takes a shard's name: {@code shardId-000000000007}, {@code shardId-7}, {@code 7}
 * and any other text before the first hyphen.
 */
final class ShardNames {
    private static final int MAX_DIGITS = 18;

    private ShardNames() {}

    /** The shard's number; empty if the name holds none from 0 to 2^31 - 1. */
    static OptionalInt index(ShardId shard) {
        String name = shard.value();
        String[] parts = name.split("-", -1);
        String digits = parts.length > 1 && !parts[1].isEmpty() ? parts[1] : name;
        if (digits.isEmpty() || digits.length() > MAX_DIGITS || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalInt.empty();
        }
        long number = Long.parseLong(digits);
        return number <= Integer.MAX_VALUE ? OptionalInt.of((int) number) : OptionalInt.empty();
    }
}
