package io.millrace.consumer.meters;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.AbstractMeter;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.noop.NoopCounter;
import io.micrometer.core.instrument.noop.NoopDistributionSummary;
import io.micrometer.core.instrument.noop.NoopFunctionCounter;
import io.micrometer.core.instrument.noop.NoopFunctionTimer;
import io.micrometer.core.instrument.noop.NoopMeter;
import io.micrometer.core.instrument.noop.NoopTimer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts one worker's meters into the user's registry, each with the tag {@code application}. Counters and timers of several
 * workers add up there and stay; a gauge shows the worker that came to it last, and goes with the last one. Errors of
 * the user's registry are logged, and the worker goes on without that meter.
 *
 * <p>Closing takes this worker's gauges away and leaves the user's registry open.
 */
public final class WorkerRegistry extends MeterRegistry {
    private static final Logger log = LoggerFactory.getLogger(WorkerRegistry.class);

    /** Workers that share a registry find each other's gauges here. */
    private static final Map<MeterRegistry, SharedGauges> SHARED = Collections.synchronizedMap(new WeakHashMap<>());

    private final MeterRegistry target;
    private final SharedGauges gauges;
    private final Map<Meter.Id, DoubleSupplier> values = new ConcurrentHashMap<>();
    private final AtomicLong failures = new AtomicLong();

    /** Puts meters of {@code application} into {@code target}. */
    public WorkerRegistry(MeterRegistry target, String application) {
        super(Clock.SYSTEM);
        this.target = requireNonNull(target, "target");
        this.gauges = requireNonNull(SHARED.computeIfAbsent(target, first -> new SharedGauges()));
        config().commonTags("application", application).onMeterRemoved(meter -> hide(meter.getId()));
    }

    @Override
    public void close() {
        List.copyOf(values.keySet()).forEach(this::hide);
        super.close();
    }

    @Override
    protected <T> Gauge newGauge(Meter.Id id, @Nullable T object, ToDoubleFunction<T> value) {
        DoubleSupplier shown = value(object, value);
        show(
                id,
                shown,
                gauge -> Gauge.builder(id.getName(), gauge, SharedGauges.Shown::value)
                        .tags(id.getTagsAsIterable())
                        .description(id.getDescription())
                        .baseUnit(id.getBaseUnit())
                        .strongReference(true)
                        .register(target));
        return new WorkerGauge(id, shown, getBaseTimeUnit());
    }

    @Override
    protected <T> TimeGauge newTimeGauge(Meter.Id id, @Nullable T object, TimeUnit unit, ToDoubleFunction<T> value) {
        DoubleSupplier shown = value(object, value);
        show(
                id,
                shown,
                gauge -> TimeGauge.builder(id.getName(), gauge, unit, SharedGauges.Shown::value)
                        .tags(id.getTagsAsIterable())
                        .description(id.getDescription())
                        .strongReference(true)
                        .register(target));
        return new WorkerGauge(id, shown, unit);
    }

    private static <T> DoubleSupplier value(@Nullable T object, ToDoubleFunction<T> value) {
        return object == null ? () -> Double.NaN : () -> value.applyAsDouble(object);
    }

    private void show(Meter.Id id, DoubleSupplier value, Function<SharedGauges.Shown, Meter> register) {
        values.put(id, value);
        quietly(() -> gauges.show(id, value, register));
    }

    private void hide(Meter.Id id) {
        DoubleSupplier value = values.remove(id);
        if (value != null) {
            quietly(() -> gauges.hide(id, value, target::remove));
        }
    }

    @Override
    protected Counter newCounter(Meter.Id id) {
        Counter counter = registered(
                () -> Counter.builder(id.getName())
                        .tags(id.getTagsAsIterable())
                        .description(id.getDescription())
                        .baseUnit(id.getBaseUnit())
                        .register(target),
                () -> new NoopCounter(id));
        return new WorkerCounter(id, counter);
    }

    @Override
    protected Timer newTimer(Meter.Id id, DistributionStatisticConfig config, PauseDetector pauses) {
        Timer timer = registered(
                () -> Timer.builder(id.getName())
                        .tags(id.getTagsAsIterable())
                        .description(id.getDescription())
                        .register(target),
                () -> new NoopTimer(id));
        return new WorkerTimer(id, timer, clock, this::quietly);
    }

    @Override
    protected DistributionSummary newDistributionSummary(
            Meter.Id id, DistributionStatisticConfig config, double scale) {
        return registered(
                () -> DistributionSummary.builder(id.getName())
                        .tags(id.getTagsAsIterable())
                        .description(id.getDescription())
                        .baseUnit(id.getBaseUnit())
                        .scale(scale)
                        .register(target),
                () -> new NoopDistributionSummary(id));
    }

    @Override
    protected Meter newMeter(Meter.Id id, Meter.Type type, Iterable<Measurement> measurements) {
        return registered(
                () -> Meter.builder(id.getName(), type, measurements)
                        .tags(id.getTagsAsIterable())
                        .description(id.getDescription())
                        .baseUnit(id.getBaseUnit())
                        .register(target),
                () -> new NoopMeter(id));
    }

    @Override
    protected <T> FunctionTimer newFunctionTimer(
            Meter.Id id, T object, ToLongFunction<T> count, ToDoubleFunction<T> total, TimeUnit unit) {
        return registered(
                () -> FunctionTimer.builder(id.getName(), object, count, total, unit)
                        .tags(id.getTagsAsIterable())
                        .description(id.getDescription())
                        .register(target),
                () -> new NoopFunctionTimer(id));
    }

    @Override
    protected <T> FunctionCounter newFunctionCounter(Meter.Id id, T object, ToDoubleFunction<T> count) {
        return registered(
                () -> FunctionCounter.builder(id.getName(), object, count)
                        .tags(id.getTagsAsIterable())
                        .description(id.getDescription())
                        .baseUnit(id.getBaseUnit())
                        .register(target),
                () -> new NoopFunctionCounter(id));
    }

    /** Seconds; the user's registry converts to its own. */
    @Override
    protected TimeUnit getBaseTimeUnit() {
        return TimeUnit.SECONDS;
    }

    /** The user's registry has its own. */
    @Override
    protected DistributionStatisticConfig defaultHistogramConfig() {
        return DistributionStatisticConfig.NONE;
    }

    private <T> T registered(Supplier<T> register, Supplier<T> otherwise) {
        try {
            return register.get();
        } catch (Throwable thrown) {
            failed(thrown);
            return otherwise.get();
        }
    }

    private void quietly(Runnable measure) {
        try {
            measure.run();
        } catch (Throwable thrown) {
            failed(thrown);
        }
    }

    private void failed(Throwable thrown) {
        long times = failures.incrementAndGet();
        if (Long.bitCount(times) == 1) {
            log.warn("The meter registry threw, {} times by now; the worker goes on without that meter", times, thrown);
        }
    }

    private final class WorkerCounter extends AbstractMeter implements Counter {
        private final Counter inner;

        WorkerCounter(Meter.Id id, Counter inner) {
            super(id);
            this.inner = inner;
        }

        @Override
        public void increment(double amount) {
            quietly(() -> inner.increment(amount));
        }

        @Override
        public double count() {
            return inner.count();
        }
    }

    private static final class WorkerGauge extends AbstractMeter implements TimeGauge {
        private final DoubleSupplier value;
        private final TimeUnit unit;

        WorkerGauge(Meter.Id id, DoubleSupplier value, TimeUnit unit) {
            super(id);
            this.value = value;
            this.unit = unit;
        }

        @Override
        public double value() {
            return value.getAsDouble();
        }

        @Override
        public TimeUnit baseTimeUnit() {
            return unit;
        }
    }
}
