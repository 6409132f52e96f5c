package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts pipes and the records they bring. Safe for any thread. */
final class PipeMeters {
    private final Counter opened;
    private final Counter records;
    private final Counter bridged;
    private final Map<PipeEnd.Kind, Counter> ends = new EnumMap<>(PipeEnd.Kind.class);

    PipeMeters(MeterRegistry registry) {
        this.opened = counter(registry, "millrace.pipe.opened", "Subscriptions that the service accepted");
        this.records = counter(registry, "millrace.pipe.records", "Records that came through pipes");
        this.bridged = counter(registry, "millrace.pipe.bridged.records", "Records polled while a pipe was not open");
        for (PipeEnd.Kind kind : PipeEnd.Kind.values()) {
            ends.put(
                    kind,
                    Counter.builder("millrace.pipe.ended")
                            .description("Subscriptions that ended")
                            .tag("reason", kind.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    void opened() {
        opened.increment();
    }

    void read(int count) {
        records.increment(count);
    }

    void bridged(int count) {
        bridged.increment(count);
    }

    void ended(PipeEnd.Kind kind) {
        requireNonNull(ends.get(kind)).increment();
    }

    private static Counter counter(MeterRegistry registry, String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }
}
