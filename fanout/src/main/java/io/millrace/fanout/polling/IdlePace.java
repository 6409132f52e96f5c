package io.millrace.fanout.polling;

import java.time.Duration;

/**
 * How often shards are read that have had no records for a while: all such shards of a worker together within a budget of reads a
 * second, so that a worker with many of them does not spend its time on empty answers. Belongs to the event loop of its sources.
 */
final class IdlePace {
    /** How long ago the last record of a shard must be, or the beginning of reading it. */
    static final Duration AFTER = Duration.ofSeconds(10);

    private static final long READS_A_SECOND = 40;
    private static final long MOST_NANOS = Duration.ofMillis(1_500).toNanos();

    private final Duration idleTime;
    private int shards;

    /** A pace that is never faster than {@code idleTime} says for one shard. */
    IdlePace(Duration idleTime) {
        this.idleTime = idleTime;
    }

    /** One more shard has had no records for a while. */
    void add() {
        shards++;
    }

    /** One of them has records again, or is not read any more. */
    void remove() {
        shards--;
    }

    /** How far apart the reads of such a shard begin: the idle time for a few of them, up to 1.5 s for many. */
    Duration between() {
        long share = Math.min(MOST_NANOS, shards * (1_000_000_000 / READS_A_SECOND));
        return share > idleTime.toNanos() ? Duration.ofNanos(share) : idleTime;
    }
}
