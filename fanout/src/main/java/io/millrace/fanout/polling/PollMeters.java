package io.millrace.fanout.polling;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.fanout.ShardReadException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** The figures of polling, for all shards of a worker together: {@code millrace.poll.*}. Safe for any thread. */
final class PollMeters {
    private final Timer time;
    private final Counter empty;
    private final Counter records;
    private final Counter bytes;
    private final Map<ShardReadException.Kind, Counter> failures = new EnumMap<>(ShardReadException.Kind.class);

    PollMeters(MeterRegistry registry) {
        this.time = Timer.builder("millrace.poll.time")
                .description("How long successful reads of shards take")
                .register(registry);
        this.empty = Counter.builder("millrace.poll.empty")
                .description("Reads that found nothing")
                .register(registry);
        this.records = Counter.builder("millrace.poll.records")
                .description("Records read")
                .register(registry);
        this.bytes = Counter.builder("millrace.poll.bytes")
                .description("Bytes of keys and payloads read")
                .baseUnit("bytes")
                .register(registry);
        for (ShardReadException.Kind kind : ShardReadException.Kind.values()) {
            failures.put(
                    kind,
                    Counter.builder("millrace.poll.failures")
                            .description("Reads that failed and are tried again")
                            .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    void read(Duration took, int recordCount, long byteCount) {
        time.record(took);
        if (recordCount == 0) {
            empty.increment();
        } else {
            records.increment(recordCount);
            bytes.increment((double) byteCount);
        }
    }

    void failed(ShardReadException.Kind kind) {
        Counter counter = failures.get(kind);
        if (counter != null) {
            counter.increment();
        }
    }
}
