package io.millrace.consumer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.lease.LeaseKey;
import io.millrace.model.StreamName;
import java.util.HashMap;
import java.util.Map;

/**
 * The figures of consumption: {@code millrace.records.processed}, {@code millrace.records.expired} and
 * {@code millrace.batch.failures} for each stream, and {@code millrace.millis.behind.latest} for each shard held. Belongs to the worker's event loop.
 */
final class ConsumerMeters {
    private final MeterRegistry registry;
    private final Map<StreamName, Counter> processed = new HashMap<>();
    private final Map<StreamName, Counter> failures = new HashMap<>();
    private final Map<StreamName, Counter> expired = new HashMap<>();
    private final Map<LeaseKey, Meter> lags = new HashMap<>();

    ConsumerMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    void processed(StreamName stream, int records) {
        counter(processed, stream, "millrace.records.processed", "Records that processors returned from")
                .increment(records);
    }

    void batchFailed(StreamName stream) {
        counter(failures, stream, "millrace.batch.failures", "Batches that processors threw at; they come again")
                .increment();
    }

    void recordsExpired(StreamName stream) {
        counter(
                        expired,
                        stream,
                        "millrace.records.expired",
                        "Times that records passed retention before they were read")
                .increment();
    }

    private Counter counter(Map<StreamName, Counter> known, StreamName stream, String name, String description) {
        return known.computeIfAbsent(
                stream,
                key -> Counter.builder(name)
                        .description(description)
                        .tag("stream", key.value())
                        .register(registry));
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
