package io.millrace.consumer.watch;

import io.millrace.fanout.ServiceTime;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How old the oldest record is that a shard's consumer has not processed. The age of a record at hand comes from the
 * service's own times, and grows with the monotonic clock, whatever keeps the record from being processed. Where none is at
 * hand it is what the service said at the last read; while reads fail it grows, because a record may have come right after
 * that read.
 *
 * @param oldestOrNull when the oldest record at hand arrived; absent when none is at hand
 * @param behindMillis how far behind the tip the last read was
 * @param tick when that was known, on the monotonic clock
 * @param growing true while time since {@code tick} counts
 */
public record ShardLag(@Nullable Instant oldestOrNull, long behindMillis, long tick, boolean growing) {
    /** Nothing was read yet. */
    public static ShardLag unread(long tick) {
        return new ShardLag(null, 0, tick, true);
    }

    /** The last read found nothing, or all that it found is processed. */
    public static ShardLag read(long behindMillis, long tick) {
        return new ShardLag(null, behindMillis, tick, false);
    }

    /** Records are at hand, the oldest of them since {@code oldest}; they came from the source at {@code tick}. */
    public static ShardLag atHand(Instant oldest, long behindMillis, long tick) {
        return new ShardLag(oldest, behindMillis, tick, true);
    }

    /** The same with another oldest record. */
    public ShardLag from(Instant oldest) {
        return new ShardLag(oldest, behindMillis, tick, growing);
    }

    /** The same while reads fail. */
    public ShardLag unsure() {
        return new ShardLag(oldestOrNull, behindMillis, tick, true);
    }

    /** The age now, in milliseconds. */
    public long millis(ServiceTime time, Ticker ticker) {
        Duration known = growing ? ticker.since(tick).plusMillis(behindMillis) : Duration.ofMillis(behindMillis);
        Duration age = oldestOrNull == null ? Duration.ZERO : time.since(oldestOrNull);
        return (known.compareTo(age) > 0 ? known : age).toMillis();
    }
}
