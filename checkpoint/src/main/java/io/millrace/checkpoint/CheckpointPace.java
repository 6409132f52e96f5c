package io.millrace.checkpoint;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * How often the shards of one worker save their progress: each at most once per interval, and all of them together about twenty
 * times a second, for every write of the lease table costs money. The interval is {@code least} while few shards are busy and
 * grows with their number, up to 10 s. Belongs to the event loop of its shards.
 */
public final class CheckpointPace {
    /** The most writes a second that an interval of 10 s at most allows for. */
    private static final int WRITES_PER_SECOND = 20;

    private static final Duration MOST = Duration.ofSeconds(10);

    private final Ticker ticker;
    private final Duration least;
    /** The shards that made progress in the current period of 10 s, and in the one before. */
    private Set<Object> busy = newSet();

    private Set<Object> busyBefore = newSet();
    private long periodBegan;

    /** A pace that begins with an interval of {@code least}. */
    public CheckpointPace(Ticker ticker, Duration least) {
        this.ticker = requireNonNull(ticker, "ticker");
        this.least = requireNonNull(least, "least");
        this.periodBegan = ticker.nanoTime();
    }

    private static Set<Object> newSet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /** {@code shard} makes progress; returns how far apart two of its writes are. */
    Duration between(Object shard) {
        long periods = ticker.since(periodBegan).dividedBy(MOST);
        if (periods > 0) {
            busyBefore = periods == 1 ? busy : newSet();
            busy = newSet();
            periodBegan += periods * MOST.toNanos();
        }
        busy.add(shard);
        int shards = Math.max(busy.size(), busyBefore.size());
        Duration fair = Duration.ofSeconds(1).multipliedBy(shards).dividedBy(WRITES_PER_SECOND);
        Duration bounded = fair.compareTo(MOST) > 0 ? MOST : fair;
        return bounded.compareTo(least) > 0 ? bounded : least;
    }
}
