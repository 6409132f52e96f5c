package io.millrace.streamcore.metrics;

import static io.millrace.streamcore.metrics.ServerMetrics.PREFIX;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.distribution.TimeWindowMax;
import io.millrace.streamcore.stream.watch.StreamProbe;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Predicate;

/** The meters of one stream, and of the consumers that have pipes to it. Safe for any thread. */
final class StreamMeters implements StreamProbe {
    private static final long AGE_WINDOW_MILLIS = 20_000;
    private static final int AGE_WINDOWS = 3;

    private final MeterRegistry registry;
    private final Tags tags;
    private final Queue<Meter> meters = new ConcurrentLinkedQueue<>();
    private final Map<String, ConsumerMeters> consumers = new ConcurrentHashMap<>();
    private final LongAdder storedRecords;
    private final LongAdder storedBytes;
    private final LongAdder refusedRecords;
    private final LongAdder reads;
    private final LongAdder readRecords;
    private final LongAdder readBytes;
    private final LongAdder refusedReads;
    private final TimeWindowMax age;

    StreamMeters(MeterRegistry registry, String stream) {
        this.registry = registry;
        this.tags = Tags.of("stream", stream);
        this.storedRecords = counter("incoming.records", "Records stored", tags);
        this.storedBytes = counter("incoming.bytes", "Bytes of data and partition keys stored", tags);
        this.refusedRecords = counter("throttled", "Records, or reads, refused by quotas", tags.and("direction", "in"));
        this.refusedReads = counter("throttled", "Records, or reads, refused by quotas", tags.and("direction", "out"));
        this.reads = counter("reads", "Reads by GetRecords that were answered", tags);
        this.readRecords = counter("outgoing.records", "Records handed out", tags.and("way", "poll"));
        this.readBytes =
                counter("outgoing.bytes", "Bytes of data and partition keys handed out", tags.and("way", "poll"));
        this.age = new TimeWindowMax(registry.config().clock(), AGE_WINDOW_MILLIS, AGE_WINDOWS);
        gauge(
                "iterator.age.max",
                "How far answers of GetRecords were behind the tip, in ms; the most of the last minute",
                tags,
                age,
                TimeWindowMax::poll);
    }

    @Override
    public void stored(int records, long bytes) {
        storedRecords.add(records);
        storedBytes.add(bytes);
    }

    @Override
    public void refused(int records) {
        refusedRecords.add(records);
    }

    @Override
    public void read(int records, long bytes, long millisBehindLatest) {
        reads.increment();
        readRecords.add(records);
        readBytes.add(bytes);
        age.record((double) millisBehindLatest);
    }

    @Override
    public void readRefused() {
        refusedReads.increment();
    }

    @Override
    public PipeProbe pipeOpened(String consumer) {
        return consumers.computeIfAbsent(consumer, ConsumerMeters::new).open();
    }

    @Override
    public void consumerGone(String consumer) {
        if (consumers.remove(consumer) != null) {
            removeIf(meter -> consumer.equals(meter.getId().getTag("consumer")));
        }
    }

    @Override
    public void close() {
        removeIf(meter -> true);
        consumers.clear();
    }

    private void removeIf(Predicate<Meter> which) {
        meters.removeIf(meter -> {
            if (!which.test(meter)) {
                return false;
            }
            registry.remove(meter);
            meter.close();
            return true;
        });
    }

    private LongAdder counter(String name, String description, Tags all) {
        LongAdder adder = new LongAdder();
        meters.add(FunctionCounter.builder(PREFIX + name, adder, LongAdder::doubleValue)
                .description(description)
                .tags(all)
                .register(registry));
        return adder;
    }

    private <T> void gauge(String name, String description, Tags all, T object, Function<T, Number> value) {
        meters.add(Gauge.builder(PREFIX + name, object, now -> value.apply(now).doubleValue())
                .description(description)
                .tags(all)
                .strongReference(true)
                .register(registry));
    }

    /** The meters of a consumer: one for all its pipes, so that their number does not grow with shards. */
    private final class ConsumerMeters {
        private final Set<Pipe> pipes = ConcurrentHashMap.newKeySet();
        private final LongAdder records;
        private final LongAdder bytes;

        ConsumerMeters(String consumer) {
            Tags own = tags.and("consumer", consumer);
            this.records = counter("pushed.records", "Records pushed to a consumer's pipes", own);
            this.bytes = counter("pushed.bytes", "Bytes of data and partition keys pushed to a consumer's pipes", own);
            gauge("pipes", "Pipes that are open", own, pipes, Set::size);
            gauge(
                    "consumer.age",
                    "How far the pipe that is furthest behind is behind its shard's tip, in ms",
                    own,
                    pipes,
                    open -> open.stream().mapToLong(pipe -> pipe.age).max().orElse(0));
        }

        PipeProbe open() {
            Pipe pipe = new Pipe(this);
            pipes.add(pipe);
            return pipe;
        }
    }

    /** One pipe. */
    private static final class Pipe implements PipeProbe {
        private final ConsumerMeters consumer;
        private volatile long age;

        Pipe(ConsumerMeters consumer) {
            this.consumer = consumer;
        }

        @Override
        public void pushed(int records, long bytes, long millisBehindLatest) {
            consumer.records.add(records);
            consumer.bytes.add(bytes);
            age = millisBehindLatest;
        }

        @Override
        public void close() {
            consumer.pipes.remove(this);
        }
    }
}
