package io.millrace.lease.coordinator;

import java.util.concurrent.TimeUnit;

/** So many writes a second, and what was not used is kept up to so many. Safe for any thread. */
final class WriteLimit {
    private final double perSecond;
    private final double burst;
    private double tokens;
    private long countedAt;
    private boolean begun;
    private long allowed;
    private long refused;

    private WriteLimit(double perSecond, double burst) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
    }

    /** Every write. */
    static WriteLimit none() {
        return new WriteLimit(Double.MAX_VALUE, Double.MAX_VALUE);
    }

    /** One write at most every so often. */
    static WriteLimit steady(double perSecond) {
        return new WriteLimit(perSecond, 1);
    }

    /** As steady, but {@code burst} writes at once after a time without. */
    static WriteLimit bursting(double perSecond, int burst) {
        return new WriteLimit(perSecond, burst);
    }

    /** True if a write that comes now goes through. */
    synchronized boolean allows(long nanos) {
        if (begun) {
            tokens = Math.min(burst, tokens + perSecond * (nanos - countedAt) / TimeUnit.SECONDS.toNanos(1));
        }
        begun = true;
        countedAt = nanos;
        boolean allows = tokens >= 1;
        if (allows) {
            tokens--;
            allowed++;
        } else {
            refused++;
        }
        return allows;
    }

    @Override
    public String toString() {
        return perSecond + " writes a second, at most " + burst + " at once";
    }

    /** How many writes went through. */
    synchronized long allowed() {
        return allowed;
    }

    /** How many writes did not. */
    synchronized long refused() {
        return refused;
    }
}
