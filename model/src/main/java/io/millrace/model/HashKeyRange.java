package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The hash keys that a shard takes, both ends included.
 *
 * @param start the lowest key
 * @param end the highest key, not below {@code start}
 */
public record HashKeyRange(HashKey start, HashKey end) {
    /** Every hash key there is. */
    public static final HashKeyRange ALL = new HashKeyRange(HashKey.MIN, HashKey.MAX);

    /** Checks that the range is not empty. */
    public HashKeyRange {
        requireNonNull(start, "start");
        requireNonNull(end, "end");
        if (start.compareTo(end) > 0) {
            throw new IllegalArgumentException("hash key range ends before it starts: " + start + " > " + end);
        }
    }

    /**
     * All hash keys in {@code count} equal ranges, as the service makes them: each floor(2^128 / count) wide, the last
     * one up to the end.
     */
    public static List<HashKeyRange> evenly(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("a stream has at least one shard, not " + count);
        }
        BigInteger width = BigInteger.ONE.shiftLeft(128).divide(BigInteger.valueOf(count));
        List<HashKeyRange> ranges = new ArrayList<>(count);
        HashKey start = HashKey.MIN;
        for (int i = 1; i < count; i++) {
            HashKey next = HashKey.of(width.multiply(BigInteger.valueOf(i)));
            ranges.add(new HashKeyRange(start, next.previous()));
            start = next;
        }
        ranges.add(new HashKeyRange(start, HashKey.MAX));
        return List.copyOf(ranges);
    }

    /** True when {@code key} is in the range. */
    public boolean contains(HashKey key) {
        return start.compareTo(key) <= 0 && key.compareTo(end) <= 0;
    }

    /** True when {@code other} starts just above this range's end. */
    public boolean isJustBelow(HashKeyRange other) {
        return !end.equals(HashKey.MAX) && end.next().equals(other.start);
    }

    /** The middle key: where an even split makes the upper half start. */
    public HashKey middle() {
        return HashKey.of(start.toBigInteger().add(end.toBigInteger()).shiftRight(1))
                .next();
    }
}
