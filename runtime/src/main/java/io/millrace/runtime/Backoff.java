package io.millrace.runtime;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before trying again: doubling from {@code first} up to {@code most}, each delay drawn between half of
 * it and all of it, so that clients that failed together do not come back together.
 *
 * @param first the longest first delay, above zero
 * @param most the longest delay ever, not below {@code first}
 */
public record Backoff(Duration first, Duration most) {
    /** Checks the bounds. */
    public Backoff {
        if (first.isZero() || first.isNegative() || most.compareTo(first) < 0) {
            throw new IllegalArgumentException("backoff needs 0 < first <= most, not " + first + " and " + most);
        }
    }

    /** The delay after {@code failures} failures in a row, counted from 1. */
    public Duration delay(int failures, RandomGenerator random) {
        int doublings = Math.min(Math.max(failures - 1, 0), 40);
        long ceiling = most.toNanos();
        long nanos = first.toNanos();
        for (int i = 0; i < doublings && nanos < ceiling; i++) {
            nanos = nanos > ceiling / 2 ? ceiling : nanos * 2;
        }
        return Duration.ofNanos(nanos / 2 + random.nextLong(nanos / 2 + 1));
    }
}
