package io.millrace.consumer.meters;

import io.micrometer.core.instrument.AbstractMeter;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A timer of the user's registry whose errors go no further than {@code quietly}. Safe for any thread. */
final class WorkerTimer extends AbstractMeter implements Timer {
    private final Timer inner;
    private final Clock clock;
    private final Consumer<Runnable> quietly;

    WorkerTimer(Id id, Timer inner, Clock clock, Consumer<Runnable> quietly) {
        super(id);
        this.inner = inner;
        this.clock = clock;
        this.quietly = quietly;
    }

    @Override
    public void record(long amount, TimeUnit unit) {
        quietly.accept(() -> inner.record(amount, unit));
    }

    @Override
    public <T> T record(Supplier<T> code) {
        long began = clock.monotonicTime();
        try {
            return code.get();
        } finally {
            recordSince(began);
        }
    }

    @Override
    public <T> T recordCallable(Callable<T> code) throws Exception {
        long began = clock.monotonicTime();
        try {
            return code.call();
        } finally {
            recordSince(began);
        }
    }

    @Override
    public void record(Runnable code) {
        long began = clock.monotonicTime();
        try {
            code.run();
        } finally {
            recordSince(began);
        }
    }

    private void recordSince(long began) {
        record(clock.monotonicTime() - began, TimeUnit.NANOSECONDS);
    }

    @Override
    public long count() {
        return inner.count();
    }

    @Override
    public double totalTime(TimeUnit unit) {
        return inner.totalTime(unit);
    }

    @Override
    public double max(TimeUnit unit) {
        return inner.max(unit);
    }

    @Override
    public TimeUnit baseTimeUnit() {
        return inner.baseTimeUnit();
    }

    @Override
    public HistogramSnapshot takeSnapshot() {
        return inner.takeSnapshot();
    }
}
