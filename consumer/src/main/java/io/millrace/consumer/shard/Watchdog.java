package io.millrace.consumer.shard;

import io.micrometer.core.instrument.Meter;
import io.millrace.consumer.health.WorkerHealth.Stuck;
import io.millrace.consumer.watch.FailureReports;
import io.millrace.consumer.watch.Oversight;
import io.millrace.consumer.watch.ShardWait;
import io.millrace.lease.HeldLease;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Supplier;

/**
 * Looks at the consumers of a worker again and again and names those that have waited too long for one thing: once to its
 * listener, in the log by way of {@link FailureReports}, and as a gauge for as long as it lasts.
 *
 * <p>Belongs to the worker's event loop.
 */
public final class Watchdog {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

    private final EventLoop loop;
    private final ConsumerMeters meters;
    private final Oversight oversight;
    private final Supplier<Collection<ShardConsumer>> consumers;
    private final Listener listener;
    private final IdentityHashMap<ShardConsumer, Found> found = new IdentityHashMap<>();
    private boolean watching;

    /** Looks at what {@code consumers} gives, once it is told to. */
    public Watchdog(
            EventLoop loop,
            ConsumerMeters meters,
            Oversight oversight,
            Supplier<Collection<ShardConsumer>> consumers,
            Listener listener) {
        this.loop = loop;
        this.meters = meters;
        this.oversight = oversight;
        this.consumers = consumers;
        this.listener = listener;
    }

    /** Is told of shards that wait too long. Called on the worker's event loop. */
    @FunctionalInterface
    public interface Listener {
        /** {@code lease}'s shard is stuck. Called once for each wait. */
        void stuck(HeldLease lease, Stuck stuck);
    }

    /** There are consumers to look at. Goes on while there are any. */
    public void watch() {
        if (!watching) {
            watching = true;
            loop.schedule(pause(), this::look);
        }
    }

    private Duration pause() {
        Duration part = oversight.stuckAfter().dividedBy(4);
        return part.compareTo(LONGEST_PAUSE) < 0 ? part : LONGEST_PAUSE;
    }

    private void look() {
        watching = false;
        Collection<ShardConsumer> all = List.copyOf(consumers.get());
        List.copyOf(found.keySet()).stream()
                .filter(consumer -> !all.contains(consumer))
                .forEach(this::forget);
        all.forEach(this::look);
        if (!all.isEmpty()) {
            watch();
        }
    }

    private void look(ShardConsumer consumer) {
        ShardWait wait = consumer.status().waiting();
        Found before = found.get(consumer);
        if (before != null && !before.told.equals(wait)) {
            forget(consumer);
            before = null;
        }
        Stuck stuck = consumer.status().stuck().orElse(null);
        if (wait != null && stuck != null && before == null) {
            tell(consumer, wait, stuck);
        }
    }

    private void tell(ShardConsumer consumer, ShardWait wait, Stuck stuck) {
        HeldLease lease = consumer.lease();
        found.put(consumer, new Found(wait, meters.showStuck(lease.key(), stuck.waitsFor(), consumer.status())));
        listener.stuck(lease, stuck);
        oversight
                .reports()
                .failed(
                        FailureReports.Topic.STUCK,
                        lease.key(),
                        "waits for " + stuck.waitsFor() + " for more than " + oversight.stuckAfter() + wait.place(),
                        stuck.stack().isEmpty() ? "" : "; its stack: " + String.join(" < ", stuck.stack()));
    }

    private void forget(ShardConsumer consumer) {
        Found gone = found.remove(consumer);
        if (gone != null) {
            meters.hideStuck(gone.gauge);
            oversight
                    .reports()
                    .over(FailureReports.Topic.STUCK, consumer.lease().key());
        }
    }

    private record Found(ShardWait told, Meter gauge) {}
}
