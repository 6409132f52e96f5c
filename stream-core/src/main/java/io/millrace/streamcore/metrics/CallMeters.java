package io.millrace.streamcore.metrics;

import static io.millrace.streamcore.metrics.ServerMetrics.PREFIX;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.operate.CallProbe;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one operation: a timer an outcome, made when that outcome comes for the first time and at hand without a
 * search afterwards. Safe for any thread.
 */
final class CallMeters implements CallProbe {
    private final MeterRegistry registry;
    private final String operation;
    private volatile @Nullable Timer succeeded;
    /** Replaced by a copy with one more when an error comes for the first time. */
    private volatile Map<ErrorCode, Timer> failed = Map.of();

    CallMeters(MeterRegistry registry, String operation) {
        this.registry = registry;
        this.operation = operation;
    }

    @Override
    public void ended(@Nullable ErrorCode errorOrNull, long nanos) {
        Timer timer = errorOrNull == null ? succeeded : failed.get(errorOrNull);
        if (timer == null) {
            timer = make(errorOrNull);
        }
        timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Two threads may both come here: the registry gives both the same timer. */
    private Timer make(@Nullable ErrorCode errorOrNull) {
        Timer timer = Latencies.timer(PREFIX + "requests", "Requests, from the last byte of one to its answer")
                .tag("operation", operation)
                .tag("outcome", errorOrNull == null ? "ok" : errorOrNull.type())
                .register(registry);
        if (errorOrNull == null) {
            succeeded = timer;
        } else {
            Map<ErrorCode, Timer> more = new EnumMap<>(ErrorCode.class);
            more.putAll(failed);
            more.put(errorOrNull, timer);
            failed = Collections.unmodifiableMap(more);
        }
        return timer;
    }
}
