package io.millrace.streamcore.stream.quota;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket that holds one second of its rate. Its whole state is the moment at which it will be full again: taking
 * tokens moves that moment on by the time they take to come back, and what is more than a second away is debt. Safe for
 * any thread.
 */
public final class TokenBucket {
    /** What {@link #take(long, long, long, boolean)} answers when the tokens are not there. */
    static final long REFUSED = Long.MIN_VALUE;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final double nanosPerToken;
    private final Ticker ticker;
    private final long epoch;
    /** When the bucket is full again, in nanoseconds after {@code epoch}. */
    private final AtomicLong fullAt = new AtomicLong();

    /** A full bucket that fills with {@code perSecond} tokens a second. */
    public TokenBucket(double perSecond, Ticker ticker) {
        if (!(perSecond > 0)) {
            throw new IllegalArgumentException("a rate is above zero, not " + perSecond);
        }
        this.nanosPerToken = SECOND / perSecond;
        this.ticker = requireNonNull(ticker, "ticker");
        this.epoch = ticker.nanoTime();
    }

    /**
     * Takes tokens if they are there. More than the bucket ever holds are given by a full bucket, which is then in debt
     * until they have come back: what is larger than the limit of a second passes, but seldom.
     */
    public boolean tryTake(long tokens) {
        return take(nanos(tokens), true);
    }

    /** True unless the bucket is empty or in debt; takes nothing. */
    public boolean hasAny() {
        return fullAt.get() - now() < SECOND;
    }

    /** Takes tokens whether they are there or not; more than a second's worth uses up the second in store as well. */
    public void charge(long tokens) {
        take(nanos(tokens), false);
    }

    /** Gives back what {@link #tryTake} gave. */
    public void refund(long tokens) {
        fullAt.addAndGet(-nanos(tokens));
    }

    /** How long until the bucket is out of debt; zero when it is not in debt. In nanoseconds. */
    public long debtNanos() {
        return Math.max(0, fullAt.get() - now() - SECOND);
    }

    private boolean take(long cost, boolean mayRefuse) {
        long now = now();
        while (true) {
            long before = fullAt.get();
            long after = take(before, now, cost, mayRefuse);
            if (after == REFUSED) {
                return false;
            }
            if (fullAt.compareAndSet(before, after)) {
                return true;
            }
        }
    }

    /**
     * When a bucket is full again after tokens were taken from it, or {@link #REFUSED}.
     *
     * @param fullAt when it would have been full
     * @param now the present
     * @param cost how long the tokens take to come back
     * @param mayRefuse whether they must be there
     */
    static long take(long fullAt, long now, long cost, boolean mayRefuse) {
        long from = Math.max(fullAt, now);
        if (mayRefuse) {
            return from + Math.min(cost, SECOND) > now + SECOND ? REFUSED : from + cost;
        }
        return from + cost + (cost > SECOND ? SECOND : 0);
    }

    private long now() {
        return ticker.nanoTime() - epoch;
    }

    private long nanos(long tokens) {
        return (long) Math.ceil(tokens * nanosPerToken);
    }
}
