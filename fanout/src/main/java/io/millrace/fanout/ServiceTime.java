package io.millrace.fanout;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamRecord;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stream service's clock as its answers show it, carried on by the monotonic clock. The wall clock of this machine has
 * no part in it. A page whose end is behind the tip shows the time exactly: its last record's arrival and how far behind
 * that is. A page that reaches the tip shows only that the time is not before its last record's arrival. So ages measured
 * with it may be too small until one shard is behind or receives a record; they are never too large.
 *
 * <p>Told on one event loop; read by any thread.
 */
public final class ServiceTime {
    private final Ticker ticker;
    private volatile @Nullable Reading last;

    /** A clock that knows nothing yet. */
    public ServiceTime(Ticker ticker) {
        this.ticker = requireNonNull(ticker, "ticker");
    }

    /**
     * The service has just answered with these records. Called on the loop that the sources belong to.
     *
     * @param millisBehindLatest how far behind the tip the end of the answer is, 0 when caught up
     */
    public void observe(List<StreamRecord> records, long millisBehindLatest) {
        if (!records.isEmpty()) {
            Instant shown = records.get(records.size() - 1).arrival().plusMillis(millisBehindLatest);
            Reading before = last;
            if (before == null || millisBehindLatest > 0 || shown.isAfter(now(before))) {
                last = new Reading(shown, ticker.nanoTime());
            }
        }
    }

    /** How long ago {@code arrival}, a time that the service gave, was at least; zero before the first answer. */
    public Duration since(Instant arrival) {
        Reading reading = last;
        if (reading == null) {
            return Duration.ZERO;
        }
        Duration age = Duration.between(arrival, now(reading));
        return age.isNegative() ? Duration.ZERO : age;
    }

    /** The service's time at {@code tick} of this machine was not before this one; absent before the first answer. */
    public @Nullable Instant at(long tick) {
        Reading reading = last;
        return reading == null ? null : reading.at(tick);
    }

    private Instant now(Reading reading) {
        return reading.at(ticker.nanoTime());
    }

    private record Reading(Instant time, long tick) {
        /** Clocks that are being set run faster or slower by a two-thousandth at most. */
        Instant at(long other) {
            long passed = other - tick;
            return time.plusNanos(passed - Math.abs(passed) / 2_000);
        }
    }
}
