package io.millrace.lease.coordinator;

import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How many writes a second a worker may send besides its heartbeats. Any number, until the table refuses one because there
 * are too many; then half of what went through last, and half again with every refusal of a write that was sent since. It
 * grows while the table takes writes: slowly at first, fast once nothing was refused for a failover time, until it is open
 * again. Several workers that know nothing of each other come to share one table this way.
 *
 * <p>Never falls below five writes in a failover time, as many as there are heartbeats: on a table that keeps nothing for
 * later most of them are refused, at no cost to it, and the few that meet a free moment are all that is to be had. One
 * thread.
 */
final class TableBudget {
    private static final double SLOW_GROWTH = 1.05;
    private static final double FAST_GROWTH = 1.5;

    /** More than this a second is no limit. */
    private static final double OPEN_ABOVE = 10_000;

    /** The budget after a first refusal that came before anything went through, a second. */
    private static final double UNKNOWN = 10;

    /** So much of a second's budget may be spent at once, so that timers need not be exact; one write always. */
    private static final double SLACK = 0.02;

    private final Ticker ticker;
    private final RandomGenerator random;
    private final double least;

    /** Shorter, and what a little luck lets grow would take the turns of several heartbeats of others, one after the other. */
    private final long calm;

    private final long step;

    private boolean open = true;
    private double perSecond;
    private double tokens = 1;
    private long countedAt;

    /** Something was applied since the last refusal. */
    private boolean recovers;

    private long refusedAt;
    private long cutAt;
    private long grownAt;

    /** What was applied in the step under way and in the one before. */
    private int applied;

    private int appliedBefore;
    private long stepBegan;

    TableBudget(Ticker ticker, RandomGenerator random, Duration failoverTime) {
        this.ticker = ticker;
        this.random = random;
        this.least = 5e9 / failoverTime.toNanos();
        this.calm = failoverTime.toNanos();
        this.step = failoverTime.dividedBy(40).toNanos();
        this.stepBegan = ticker.nanoTime();
    }

    /** True while nothing limits writes. */
    boolean isOpen() {
        grow(ticker.nanoTime());
        return open;
    }

    /** How much there is for each second; means nothing while it is open. */
    double perSecond() {
        grow(ticker.nanoTime());
        return perSecond;
    }

    /** How long until another write may go; zero if it may now. As the budget grows it may be less: ask again soon. */
    Duration untilNext() {
        count();
        return open || tokens >= 1 ? Duration.ZERO : Duration.ofNanos((long) ((1 - tokens) / perSecond * 1e9) + 1);
    }

    /** After how long it is worth asking again. */
    Duration step() {
        return Duration.ofNanos(step);
    }

    /** A write goes now. What it costs differs a little, so that workers do not keep in step. */
    void spend() {
        count();
        if (!open) {
            tokens -= 0.75 + random.nextDouble() / 2;
        }
    }

    /** A write that was going did not. */
    void takeBack() {
        tokens++;
    }

    /** The table took a write. */
    void applied() {
        long now = ticker.nanoTime();
        measure(now);
        applied++;
        if (!open && !recovers) {
            recovers = true;
            grownAt = now;
        }
    }

    /** The table refused a write that was sent at {@code sentAt}, because there are too many. */
    void refused(long sentAt) {
        long now = ticker.nanoTime();
        count();
        refusedAt = now;
        recovers = false;
        if (open) {
            measure(now);
            double lately = Math.max(applied + appliedBefore, 1) * 1e9 / (step + now - stepBegan);
            cut(Math.max(lately, UNKNOWN), now);
            open = false;
        } else if (sentAt - cutAt > 0) {
            cut(perSecond, now);
        }
    }

    private void cut(double before, long now) {
        perSecond = Math.max(least, before / 2);
        tokens = Math.min(tokens, 0);
        countedAt = now;
        cutAt = now;
    }

    private void measure(long now) {
        long steps = (now - stepBegan) / step;
        if (steps > 0) {
            appliedBefore = steps == 1 ? applied : 0;
            applied = 0;
            stepBegan += steps * step;
        }
    }

    private void count() {
        long now = ticker.nanoTime();
        grow(now);
        if (open) {
            tokens = 1;
        } else {
            double most = Math.max(1, perSecond * SLACK);
            tokens = Math.min(most, tokens + perSecond * (now - countedAt) / 1e9);
        }
        countedAt = now;
    }

    private void grow(long now) {
        while (!open && recovers && now - grownAt >= step) {
            grownAt += step;
            perSecond *= grownAt - refusedAt > calm ? FAST_GROWTH : SLOW_GROWTH;
            open = perSecond > OPEN_ABOVE;
        }
    }
}
