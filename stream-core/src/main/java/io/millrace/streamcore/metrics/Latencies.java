package io.millrace.streamcore.metrics;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** How latencies are shown: few buckets, the same for all, so that they can be added up across servers. */
final class Latencies {
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(100_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(50),
        Duration.ofMillis(200),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    private Latencies() {}

    static Timer.Builder timer(String name, String description) {
        return Timer.builder(name).description(description).serviceLevelObjectives(BUCKETS.clone());
    }
}
