package io.millrace.lease.coordinator;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** What is measured; names begin with {@code millrace.lease}. Safe for any thread. */
final class LeaseMeters {
    private final MeterRegistry registry;
    private final AtomicInteger held = new AtomicInteger();
    private final AtomicInteger unplaced = new AtomicInteger();
    private final AtomicInteger holes = new AtomicInteger();
    private final List<Gauge> gauges;
    private final Counter takes;
    private final Counter losses;
    private final Counter missedHeartbeats;

    LeaseMeters(MeterRegistry registry, String worker) {
        this.registry = registry;
        this.gauges = List.of(
                gauge("millrace.lease.held", "Leases this worker holds", held, worker),
                gauge(
                        "millrace.lease.unplaced",
                        "Leases that no worker can take, told by the leader",
                        unplaced,
                        worker),
                gauge(
                        "millrace.lease.holes",
                        "Ranges of hash keys without a lease, told by the leader",
                        holes,
                        worker));
        this.takes = counter("millrace.lease.takes", "Leases taken", worker);
        this.losses = counter("millrace.lease.losses", "Leases lost other than by giving them back", worker);
        this.missedHeartbeats =
                counter("millrace.lease.heartbeat.failures", "Heartbeats that took longer than their interval", worker);
    }

    void heldIs(int leases) {
        held.set(leases);
    }

    void unplacedAre(int leases) {
        unplaced.set(leases);
    }

    void holesAre(int ranges) {
        holes.set(ranges);
    }

    void taken() {
        takes.increment();
    }

    void lost() {
        losses.increment();
    }

    void heartbeatMissed() {
        missedHeartbeats.increment();
    }

    /** A closed worker is no longer measured. */
    void close() {
        gauges.forEach(registry::remove);
    }

    private Gauge gauge(String name, String description, AtomicInteger value, String worker) {
        return Gauge.builder(name, value, AtomicInteger::get)
                .description(description)
                .tag("worker", worker)
                .register(registry);
    }

    private Counter counter(String name, String description, String worker) {
        return Counter.builder(name)
                .description(description)
                .tag("worker", worker)
                .register(registry);
    }
}
