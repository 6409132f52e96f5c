package io.millrace.fanout.polling;

import java.time.Duration;

/**
 * How far apart the reads of a shard stay that the service has throttled: twice as far after each refusal, and slowly nearer again
 * while reads succeed. So applications that share a shard's five reads a second (GetRecords, Kinesis API) find their shares
 * without knowing of each other. Belongs to the event loop of its source.
 */
final class ThrottledPace {
    private static final long FIRST_NANOS = Duration.ofMillis(250).toNanos();
    private static final long MOST_NANOS = Duration.ofSeconds(5).toNanos();

    /** Of the distance, per read that succeeds: half of it is left after 34 reads. */
    private static final double SHRINKING = 0.98;

    private long nanos;

    /** The service has refused a read for want of throughput. */
    void refused() {
        nanos = Math.min(MOST_NANOS, Math.max(FIRST_NANOS, 2 * nanos));
    }

    /** A read has succeeded. */
    void succeeded() {
        nanos = nanos < FIRST_NANOS / 2 ? 0 : (long) (nanos * SHRINKING);
    }

    /** How far apart the beginnings of two reads are at least; zero where nothing was refused for long. */
    Duration atLeast() {
        return Duration.ofNanos(nanos);
    }
}
