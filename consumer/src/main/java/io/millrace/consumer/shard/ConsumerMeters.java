package io.millrace.consumer.shard;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.millrace.lease.LeaseKey;
import io.millrace.model.StreamName;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * The figures of consumption: {@code millrace.records.processed}, {@code millrace.records.expired},
 * {@code millrace.records.skipped}, {@code millrace.letters.written}, {@code millrace.batch.failures}, {@code millrace.process.time} and {@code millrace.consumer.failures} for each stream;
 * {@code millrace.behind.latest} and {@code millrace.batch.age} for each shard held, and {@code millrace.shard.stuck} for each
 * shard that waits too long. Belongs to the worker's event loop.
 */
public final class ConsumerMeters {
    private final MeterRegistry registry;
    private final Map<StreamName, Counter> processed = new HashMap<>();
    private final Map<StreamName, Counter> failures = new HashMap<>();
    private final Map<StreamName, Counter> expired = new HashMap<>();
    private final Map<StreamName, Counter> skipped = new HashMap<>();
    private final Map<StreamName, Counter> letters = new HashMap<>();
    private final Map<StreamName, Counter> broken = new HashMap<>();
    private final Map<StreamName, Timer> processing = new HashMap<>();
    private final Map<Shown, Meter> shown = new HashMap<>();

    /** Figures in {@code registry}. */
    public ConsumerMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Shows the counters of a stream at 0, so that whoever watches them sees the first event as an increase. */
    private void begin(StreamName stream) {
        processed(stream, 0);
        skipped(stream, 0);
        lettersWritten(stream, 0);
        failures(stream).increment(0);
        expired(stream).increment(0);
        broken(stream).increment(0);
    }

    void processed(StreamName stream, int records) {
        counter(processed, stream, "millrace.records.processed", "Records that processors returned from")
                .increment(records);
    }

    void batchFailed(StreamName stream) {
        failures(stream).increment();
    }

    private Counter failures(StreamName stream) {
        return counter(
                failures, stream, "millrace.batch.failures", "Batches that processors threw at; they come again");
    }

    void skipped(StreamName stream, int records) {
        counter(skipped, stream, "millrace.records.skipped", "Records that the failure policy left out")
                .increment(records);
    }

    void lettersWritten(StreamName stream, int records) {
        counter(letters, stream, "millrace.letters.written", "Records that the failure policy wrote to the letter sink")
                .increment(records);
    }

    /** Retention took records of {@code stream} before they were read. */
    public void recordsExpired(StreamName stream) {
        expired(stream).increment();
    }

    private Counter expired(StreamName stream) {
        return counter(
                expired,
                stream,
                "millrace.records.expired",
                "Times that records passed retention before they were read");
    }

    /** An error in the worker ended a consumer of {@code stream}. */
    public void consumerBroke(StreamName stream) {
        broken(stream).increment();
    }

    private Counter broken(StreamName stream) {
        return counter(
                broken,
                stream,
                "millrace.consumer.failures",
                "Consumers of shards that an error in the worker ended; they are started anew");
    }

    /** Measures calls of processRecords; safe for any thread. */
    Timer processing(StreamName stream) {
        return processing.computeIfAbsent(
                stream,
                key -> Timer.builder("millrace.process.time")
                        .description("How long calls of processRecords take, those that throw included")
                        .tag("stream", key.value())
                        .register(registry));
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
        begin(key.stream());
        return show(
                "millrace.behind.latest",
                "Age of the oldest record that is not processed",
                key,
                status,
                ShardStatus::millisBehindLatest);
    }

    /** Shows for how long {@code status}'s batch is in hand. */
    Meter showBatchAge(LeaseKey key, ShardStatus status) {
        return show(
                "millrace.batch.age",
                "How long the processor has had the batch in hand, retries included; 0 without one",
                key,
                status,
                ShardStatus::batchMillis);
    }

    private Meter show(
            String name, String description, LeaseKey key, ShardStatus status, ToDoubleFunction<ShardStatus> millis) {
        // A lost ownership of the shard may last until its processor has returned.
        Meter before = shown.get(new Shown(name, key));
        if (before != null) {
            registry.remove(before);
        }
        Meter gauge = TimeGauge.builder(name, status, TimeUnit.MILLISECONDS, millis)
                .description(description)
                .tag("stream", key.stream().value())
                .tag("shard", key.shard().value())
                .register(registry);
        shown.put(new Shown(name, key), gauge);
        return gauge;
    }

    /** Shows {@code gauge} no more, unless another has taken its place already. */
    void hide(Meter gauge) {
        if (shown.values().removeIf(meter -> meter == gauge)) {
            registry.remove(gauge);
        }
    }

    /** Shows how long a shard has waited for {@code what}, for as long as it does. */
    Meter showStuck(LeaseKey key, String what, ShardStatus status) {
        return TimeGauge.builder("millrace.shard.stuck", status, TimeUnit.SECONDS, ShardStatus::secondsWaiting)
                .description("How long a shard has waited for one call, while that is too long")
                .tag("stream", key.stream().value())
                .tag("shard", key.shard().value())
                .tag("waits.for", what)
                .register(registry);
    }

    void hideStuck(Meter gauge) {
        registry.remove(gauge);
    }

    private record Shown(String name, LeaseKey key) {}
}
