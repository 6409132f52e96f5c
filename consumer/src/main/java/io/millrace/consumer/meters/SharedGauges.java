package io.millrace.consumer.meters;

import io.micrometer.core.instrument.Meter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The gauges that the workers of this process have in one registry. A registry knows a gauge by its name and tags only, so
 * two workers that meet at one shard have one gauge there: it shows the value that came last, and goes with the last value.
 *
 * <p>Safe for any thread.
 */
final class SharedGauges {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Meter.Id, Shown> shown = new HashMap<>();

    /** One gauge and all its values, the newest last. */
    static final class Shown {
        private final List<DoubleSupplier> values = new CopyOnWriteArrayList<>();
        private @Nullable Meter meter;

        double value() {
            // Never fails, even if a value goes at this moment: a copy is looked at.
            List<DoubleSupplier> now = List.copyOf(values);
            return now.isEmpty() ? Double.NaN : now.get(now.size() - 1).getAsDouble();
        }
    }

    /** Shows {@code value} as {@code id}; {@code register} makes the gauge where there is none, and may throw. */
    void show(Meter.Id id, DoubleSupplier value, Function<Shown, Meter> register) {
        lock.lock();
        try {
            Shown gauge = shown.computeIfAbsent(id, first -> new Shown());
            gauge.values.add(value);
            if (gauge.meter == null) {
                gauge.meter = register.apply(gauge);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Shows {@code value} no more; {@code remove} takes the gauge away when it was the last one, and may throw. */
    void hide(Meter.Id id, DoubleSupplier value, Consumer<Meter> remove) {
        lock.lock();
        try {
            Shown gauge = shown.get(id);
            if (gauge != null && gauge.values.remove(value) && gauge.values.isEmpty()) {
                shown.remove(id);
                if (gauge.meter != null) {
                    remove.accept(gauge.meter);
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
