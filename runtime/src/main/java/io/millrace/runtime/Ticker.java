package io.millrace.runtime;

import java.time.Duration;

/** A monotonic clock for measuring how long something took; its zero has no meaning. Safe for any thread. */
@FunctionalInterface
public interface Ticker {
    /** Nanoseconds since some fixed moment; never moves backwards, may wrap around. */
    long nanoTime();

    /** How long ago {@code earlier}, a reading of this ticker, was taken. */
    default Duration since(long earlier) {
        return Duration.ofNanos(nanoTime() - earlier);
    }
}
