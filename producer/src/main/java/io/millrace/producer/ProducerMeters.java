package io.millrace.producer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The figures of one producer; a registry that throws ends none of its work. Safe for any thread. */
final class ProducerMeters {
    private static final Logger log = LoggerFactory.getLogger(ProducerMeters.class);
    private static final String STREAM = "stream";

    private final Timer time;
    private final Timer calls;
    private final Counter bytes;
    private final Counter entries;
    private final Counter listings;
    private final Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);
    private final Map<Again, Counter> again = new EnumMap<>(Again.class);
    private final AtomicLong failures = new AtomicLong();

    /** The fates of records. */
    enum Outcome {
        STORED,
        EXPIRED,
        REFUSED,
        NO_ROOM,
        CLOSED
    }

    /** Why a record is sent once more. */
    enum Again {
        THROTTLED,
        FAILED,
        MISPLACED
    }

    ProducerMeters(MeterRegistry registry, String stream, Room room, AtomicLong records) {
        time = Timer.builder("millrace.producer.time")
                .description("From a send to the answer that the record is stored")
                .tag(STREAM, stream)
                .register(registry);
        calls = Timer.builder("millrace.producer.requests")
                .description("Calls of PutRecords")
                .tag(STREAM, stream)
                .register(registry);
        bytes = counter(registry, stream, "millrace.producer.bytes", "Payload bytes of records that are stored");
        entries = counter(registry, stream, "millrace.producer.entries", "Stored records, an aggregate being one");
        listings = counter(registry, stream, "millrace.producer.listings", "Calls that list the stream's shards");
        for (Outcome outcome : Outcome.values()) {
            outcomes.put(
                    outcome,
                    Counter.builder("millrace.producer.records")
                            .description("Records by what became of them")
                            .tag(STREAM, stream)
                            .tag("outcome", name(outcome))
                            .register(registry));
        }
        for (Again reason : Again.values()) {
            again.put(
                    reason,
                    Counter.builder("millrace.producer.again")
                            .description("Records that are sent once more, by reason")
                            .tag(STREAM, stream)
                            .tag("reason", name(reason))
                            .register(registry));
        }
        Gauge.builder("millrace.producer.held.records", records, AtomicLong::get)
                .description("Records without an outcome yet")
                .tag(STREAM, stream)
                .register(registry);
        Gauge.builder("millrace.producer.held.bytes", room, Room::used)
                .description("Bytes that they take of the producer's room")
                .baseUnit("bytes")
                .tag(STREAM, stream)
                .register(registry);
    }

    void stored(long nanos, int size) {
        quietly(() -> {
            time.record(nanos, TimeUnit.NANOSECONDS);
            bytes.increment(size);
        });
        ended(Outcome.STORED);
    }

    void ended(Outcome outcome) {
        count(outcomes.get(outcome), 1);
    }

    void again(Again reason, int records) {
        count(again.get(reason), records);
    }

    void called(long nanos) {
        quietly(() -> calls.record(nanos, TimeUnit.NANOSECONDS));
    }

    void entryStored() {
        count(entries, 1);
    }

    void listed() {
        count(listings, 1);
    }

    private void count(@Nullable Counter counter, double amount) {
        if (counter != null) {
            quietly(() -> counter.increment(amount));
        }
    }

    private void quietly(Runnable measure) {
        try {
            measure.run();
        } catch (RuntimeException thrown) {
            long times = failures.incrementAndGet();
            if (Long.bitCount(times) == 1) {
                log.warn("The meter registry threw, {} times by now; the producer goes on", times, thrown);
            }
        }
    }

    private static Counter counter(MeterRegistry registry, String stream, String name, String description) {
        return Counter.builder(name)
                .description(description)
                .tag(STREAM, stream)
                .register(registry);
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
