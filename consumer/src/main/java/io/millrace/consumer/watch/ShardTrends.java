package io.millrace.consumer.watch;

import io.millrace.consumer.health.WorkerHealth.Failing;
import io.millrace.consumer.health.WorkerHealth.FailingBatch;
import io.millrace.consumer.health.WorkerHealth.ShardHealth;
import io.millrace.consumer.health.WorkerHealth.Stuck;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStatus;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes of the health of a worker's shards what it tells the others: looks at it again and again, and adds where the lag
 * goes and how busy the user's code is, by the looks of the last half minute. Belongs to whoever looks.
 */
public final class ShardTrends {
    private static final Duration WINDOW = Duration.ofSeconds(30);

    /** A shard must be seen for so long before its lag has a direction. */
    private static final Duration LEAST = Duration.ofSeconds(4);

    private static final int MOST_FRAMES = 4;

    private final Ticker ticker;
    private final SortedMap<LeaseKey, Deque<Look>> looks = new TreeMap<>();

    /** Has not looked yet. */
    public ShardTrends(Ticker ticker) {
        this.ticker = ticker;
    }

    /** How a shard was at one look. */
    private record Look(long tick, long epoch, long behindMillis, Duration processing) {}

    /** Looks at {@code shards}; where one is named twice its latest ownership counts. */
    public List<LeaseStatus> look(List<ShardHealth> shards) {
        SortedMap<LeaseKey, ShardHealth> latest = new TreeMap<>();
        for (ShardHealth shard : shards) {
            latest.merge(
                    new LeaseKey(shard.stream(), shard.shard()),
                    shard,
                    (one, other) -> one.epoch() > other.epoch() ? one : other);
        }
        looks.keySet().retainAll(latest.keySet());
        return latest.entrySet().stream()
                .map(entry -> look(entry.getKey(), entry.getValue()))
                .toList();
    }

    private LeaseStatus look(LeaseKey key, ShardHealth shard) {
        Deque<Look> before = looks.computeIfAbsent(key, unused -> new ArrayDeque<>());
        Look now = new Look(
                ticker.nanoTime(),
                shard.epoch(),
                shard.millisBehindLatest(),
                shard.progress().processing());
        before.removeIf(look -> look.epoch != now.epoch);
        while (before.size() > 1 && ticker.since(before.getFirst().tick).compareTo(WINDOW) > 0) {
            before.removeFirst();
        }
        before.addLast(now);
        Look oldest = before.getFirst();
        long millis = Duration.ofNanos(now.tick - oldest.tick).toMillis();
        return new LeaseStatus(
                key,
                shard.epoch(),
                shard.state().name(),
                Duration.ofMillis(Math.max(0, shard.millisBehindLatest())),
                millis < LEAST.toMillis()
                        ? LeaseStatus.Trend.STEADY
                        : trend(now.behindMillis - oldest.behindMillis, millis),
                millis == 0 ? 0 : percent(now.processing.minus(oldest.processing), millis),
                shard.failing()
                        .filter(FailureLog::isWorthTelling)
                        .map(ShardTrends::failure)
                        .orElse(null),
                longWait(shard));
    }

    private static LeaseStatus.Trend trend(long change, long millis) {
        if (5 * Math.abs(change) < millis) {
            return LeaseStatus.Trend.STEADY;
        }
        return change > 0 ? LeaseStatus.Trend.GROWS : LeaseStatus.Trend.FALLS;
    }

    private static int percent(Duration busy, long millis) {
        return (int) Math.max(0, Math.min(100, busy.toMillis() * 100 / millis));
    }

    private static LeaseStatus.Failure failure(Failing failing) {
        return new LeaseStatus.Failure(
                failing.since(),
                failing.what(),
                failing.times(),
                failing.batch().map(ShardTrends::batch).orElse(null));
    }

    private static LeaseStatus.Batch batch(FailingBatch batch) {
        return new LeaseStatus.Batch(batch.first(), batch.last(), batch.records());
    }

    private static LeaseStatus.@Nullable Wait longWait(ShardHealth shard) {
        Optional<Stuck> wait = shard.stuck().or(() -> shard.progress().longWait());
        return wait.map(found ->
                        new LeaseStatus.Wait(found.waitsFor(), found.since(), shard.isStuck(), place(found.stack())))
                .orElse(null);
    }

    private static String place(List<String> stack) {
        List<String> users = ErrorTrace.usersFramesOf(stack);
        List<String> shown = users.isEmpty() ? stack : users;
        return String.join(" < ", shown.subList(0, Math.min(MOST_FRAMES, shown.size())));
    }
}
