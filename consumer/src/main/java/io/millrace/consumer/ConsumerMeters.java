package io.millrace.consumer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.lease.LeaseKey;
import java.util.HashMap;
import java.util.Map;

/**
 * The figures of consumption: {@code millrace.records.processed}, {@code millrace.batch.failures} and, for each shard
 * held, {@code millrace.millis.behind.latest}. Belongs to the worker's event loop.
 */
final class ConsumerMeters {
    private final MeterRegistry registry;
    private final Counter processed;
    private final Counter failures;
    private final Map<LeaseKey, Meter> lags = new HashMap<>();

    ConsumerMeters(MeterRegistry registry) {
        this.registry = registry;
        this.processed = Counter.builder("millrace.records.processed")
                .description("Records that processors returned from")
                .register(registry);
        this.failures = Counter.builder("millrace.batch.failures")
                .description("Batches that processors threw at; they come again")
                .register(registry);
    }

    void processed(int records) {
        processed.increment(records);
    }

    void batchFailed() {
        failures.increment();
    }

    /** Shows {@code status}'s lag for its shard, instead of that of one before it. */
    Meter showLag(LeaseKey key, ShardStatus status) {
        Meter before = lags.get(key);
        if (before != null) {
            registry.remove(before);
        }
        Meter gauge = Gauge.builder("millrace.millis.behind.latest", status, ShardStatus::millisBehindLatest)
                .description("How far behind the shard's tip the last records read were; -1 before the first read")
                .tag("stream", key.stream().value())
                .tag("shard", key.shard().value())
                .baseUnit("milliseconds")
                .register(registry);
        lags.put(key, gauge);
        return gauge;
    }

    /** Shows {@code gauge} no more, unless another has taken its place already. */
    void hideLag(LeaseKey key, Meter gauge) {
        if (lags.remove(key, gauge)) {
            registry.remove(gauge);
        }
    }
}
