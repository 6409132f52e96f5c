package io.millrace.lease.coordinator;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** What is measured; names begin with {@code millrace.lease}. Safe for any thread. */
final class LeaseMeters {
    private final MeterRegistry registry;
    private final AtomicInteger held = new AtomicInteger();
    private final Gauge gauge;
    private final Counter takes;
    private final Counter losses;
    private final Counter missedHeartbeats;

    LeaseMeters(MeterRegistry registry, String worker) {
        this.registry = registry;
        this.gauge = Gauge.builder("millrace.lease.held", held, AtomicInteger::get)
                .description("Leases this worker holds")
                .tag("worker", worker)
                .register(registry);
        this.takes = counter("millrace.lease.takes", "Leases taken", worker);
        this.losses = counter("millrace.lease.losses", "Leases lost other than by giving them back", worker);
        this.missedHeartbeats =
                counter("millrace.lease.heartbeat.failures", "Heartbeats that took longer than their interval", worker);
    }

    void heldIs(int leases) {
        held.set(leases);
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
        registry.remove(gauge);
    }

    private Counter counter(String name, String description, String worker) {
        return Counter.builder(name)
                .description(description)
                .tag("worker", worker)
                .register(registry);
    }
}
