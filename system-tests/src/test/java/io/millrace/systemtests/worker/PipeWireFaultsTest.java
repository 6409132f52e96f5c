package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.fanout.pipe.FanOutConsumer;
import io.millrace.fanout.pipe.KinesisPipes;
import io.millrace.fanout.pipe.PipeClient;
import io.millrace.fanout.pipe.PipeEnd;
import io.millrace.fanout.pipe.PipeEvent;
import io.millrace.fanout.pipe.PipeSettings;
import io.millrace.fanout.pipe.PipeSources;
import io.millrace.fanout.pipe.ShardPipes;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.StreamServer;
import io.millrace.streamcore.api.push.PushSettings;
import io.millrace.systemtests.process.CutWire;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * Pipes over real sockets, to a real server that refuses some calls, on a wire that is dropped, cut within frames and dead for seconds,
 * while others take the subscriptions over and the consumer is deleted: no shard hears nothing for more than 15 s without a reason told,
 * and every record comes once and in order. {@code PipeFaultsTest} does the same in virtual time.
 */
class PipeWireFaultsTest {
    private static final StreamName STREAM = new StreamName("wire");
    private static final String CONSUMER = "reader";
    private static final int SHARDS = 64;
    private static final int FAULTS = 10_000;
    /** The bound of 15 s, and what a full machine takes to run what is due. */
    private static final Duration MOST = Duration.ofSeconds(20);

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @TempDir
    Path folder;

    /** A harm done to the pipes. */
    private enum Deed {
        DROPPED,
        DROPPED_WITHIN_A_FRAME,
        DEAD_FOR_A_MOMENT,
        DEAD_FOR_LONG,
        TAKEN_OVER,
        CONSUMER_DELETED;

        /** One that kills the wire for seconds leaves no time for the others. */
        static Deed next(Random random) {
            int draw = random.nextInt(100);
            if (draw < 30) {
                return DROPPED;
            }
            if (draw < 60) {
                return DROPPED_WITHIN_A_FRAME;
            }
            if (draw < 75) {
                return TAKEN_OVER;
            }
            if (draw < 90) {
                return DEAD_FOR_A_MOMENT;
            }
            return draw < 97 ? CONSUMER_DELETED : DEAD_FOR_LONG;
        }
    }

    @Test
    @Tag("slow")
    @Timeout(1_500)
    void noShardIsSilentForLongWithoutAReasonInTenThousandFaults(TestReporter reporter) throws Exception {
        try (Readers readers = new Readers(folder)) {
            Random random = new Random(11);
            Map<Deed, Integer> done = new EnumMap<>(Deed.class);
            while (readers.faults() < FAULTS) {
                Deed deed = Deed.next(random);
                done.merge(deed, 1, Integer::sum);
                readers.suffer(deed, random);
                readers.putFor(Duration.ofMillis(300 + random.nextInt(1_200)));
            }
            readers.awaitAll();
            reporter.publishEntry(
                    "faults",
                    done + "; pipes ended: " + readers.ends + "; " + readers.put() + " records; " + readers.told());
            assertThat(readers.ends.keySet())
                    .contains(
                            PipeEnd.Kind.IN_USE,
                            PipeEnd.Kind.THROTTLED,
                            PipeEnd.Kind.GONE,
                            PipeEnd.Kind.BROKEN,
                            PipeEnd.Kind.COMPLETE);
        }
    }

    /** A worker's sources for all shards of a stream behind the wire, and a producer beside it. */
    private static final class Readers implements AutoCloseable {
        private final SystemPlatform platform = new SystemPlatform();
        private final EventLoop loop = platform.newEventLoop("pipes");
        private final StreamServer server;
        private final CutWire wire;
        private final KinesisAsyncClient direct;
        private final DirectKinesis behindWire;
        private final DirectKinesis others;
        private final KinesisPipes rivals;
        private final List<Hearer> hearers = new ArrayList<>();
        private final Map<PipeEnd.Kind, Integer> ends = new ConcurrentHashMap<>();
        private final AtomicInteger faults = new AtomicInteger();
        private final Map<ShardId, List<SequenceNumber>> put = new ConcurrentHashMap<>();
        private final LinkedBlockingQueue<ShardId> changed = new LinkedBlockingQueue<>();
        private int keys;

        Readers(Path folder) throws Exception {
            PushSettings push = new PushSettings(
                    Duration.ofSeconds(4), Duration.ofSeconds(1), Duration.ofMillis(500), 2_000, 768 << 10);
            server = StreamServer.builder()
                    .port(0)
                    .dataDirectory(folder.resolve("data"))
                    .transitionTime(Duration.ZERO)
                    .push(push)
                    .faults(
                            "SubscribeToShard:throttle=0.05,SubscribeToShard:internal=0.03,GetRecords:throttle=0.05,seed=5")
                    .start();
            wire = new CutWire(server.endpoint());
            others = kinesis(server.endpoint());
            direct = others.client();
            var unused = direct.createStream(it -> it.streamName(STREAM.value()).shardCount(SHARDS))
                    .get(30, TimeUnit.SECONDS);
            behindWire = kinesis(wire.endpoint());
            KinesisStreams streams = new KinesisStreams(behindWire);
            KinesisPipes pipes = new KinesisPipes(behindWire, streams, FanOutConsumer.of(CONSUMER));
            rivals = new KinesisPipes(others, new KinesisStreams(others), FanOutConsumer.of(CONSUMER));
            ShardPipes counted = (stream, shard, from, listener) ->
                    pipes.subscribe(stream, shard, from, new CountingListener(listener, this::ended));
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            loop.call(() -> {
                        PollingSources bridges =
                                new PollingSources(streams, PollingSettings.DEFAULT, loop, platform, meters);
                        PipeSources sources = new PipeSources(
                                PipeSources.Ways.of(counted, bridges),
                                PipeSettings.DEFAULT,
                                loop,
                                platform,
                                meters,
                                new ServiceTime(platform.ticker()));
                        for (int i = 0; i < SHARDS; i++) {
                            hearers.add(new Hearer(ShardId.of(i), sources, changed));
                        }
                        return CompletableFuture.completedFuture(hearers);
                    })
                    .get(30, TimeUnit.SECONDS);
        }

        private void ended(PipeEnd end) {
            ends.merge(end.kind(), 1, Integer::sum);
            if (end.kind() != PipeEnd.Kind.COMPLETE) {
                faults.incrementAndGet();
            }
        }

        int faults() {
            return faults.get();
        }

        int put() {
            return put.values().stream().mapToInt(List::size).sum();
        }

        String told() {
            return "reasons told "
                    + hearers.stream().mapToInt(hearer -> hearer.reasons).sum()
                    + ", longest silence without one "
                    + hearers.stream()
                            .map(hearer -> hearer.longest)
                            .max(Duration::compareTo)
                            .orElseThrow();
        }

        void suffer(Deed deed, Random random) throws Exception {
            switch (deed) {
                case DROPPED -> wire.drop();
                case DROPPED_WITHIN_A_FRAME -> wire.dropAfter(1 + random.nextInt(20_000));
                case DEAD_FOR_A_MOMENT -> dead(Duration.ofMillis(200 + random.nextInt(2_000)));
                case DEAD_FOR_LONG -> dead(Duration.ofMillis(14_000 + random.nextInt(4_000)));
                case TAKEN_OVER -> {
                    for (int i = 0; i < SHARDS; i += 1 + random.nextInt(4)) {
                        rivals.subscribe(STREAM, ShardId.of(i), Position.latest(), new Rival())
                                .request();
                    }
                }
                case CONSUMER_DELETED -> {
                    for (String arn : consumers()) {
                        var unused = direct.deregisterStreamConsumer(it -> it.consumerARN(arn))
                                .get(30, TimeUnit.SECONDS);
                    }
                }
            }
        }

        private void dead(Duration length) throws Exception {
            wire.cut();
            putFor(length);
            wire.mend();
        }

        private List<String> consumers() throws Exception {
            String arn = direct.describeStreamSummary(it -> it.streamName(STREAM.value()))
                    .get(30, TimeUnit.SECONDS)
                    .streamDescriptionSummary()
                    .streamARN();
            return direct.listStreamConsumers(it -> it.streamARN(arn)).get(30, TimeUnit.SECONDS).consumers().stream()
                    .map(consumer -> consumer.consumerARN())
                    .toList();
        }

        /** Puts records, one call after the other, for this long. */
        void putFor(Duration length) throws Exception {
            long end = System.nanoTime() + length.toNanos();
            do {
                List<PutRecordsRequestEntry> entries = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    String key = "key-" + keys++;
                    entries.add(PutRecordsRequestEntry.builder()
                            .partitionKey(key)
                            .data(SdkBytes.fromUtf8String(key))
                            .build());
                }
                direct.putRecords(it -> it.streamName(STREAM.value()).records(entries))
                        .get(30, TimeUnit.SECONDS)
                        .records()
                        .forEach(record -> put.computeIfAbsent(
                                        new ShardId(record.shardId()), unused -> new CopyOnWriteArrayList<>())
                                .add(SequenceNumber.parse(record.sequenceNumber())));
                // Something was read meanwhile, or a tenth of a second is over.
                var unused = changed.poll(100, TimeUnit.MILLISECONDS);
                changed.clear();
            } while (System.nanoTime() < end);
        }

        void awaitAll() throws InterruptedException {
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (hearers.stream()
                    .anyMatch(hearer -> hearer.taken.size() < of(hearer.shard).size())) {
                assertThat(changed.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS))
                        .as("a record in " + PATIENCE + "; " + told())
                        .isNotNull();
            }
            for (Hearer hearer : hearers) {
                assertThat(hearer.taken).as("%s", hearer.shard).isEqualTo(of(hearer.shard));
                assertThat(hearer.wrong).as("%s", hearer.shard).isEmpty();
                assertThat(hearer.longest).as("%s", hearer.shard).isLessThanOrEqualTo(MOST);
            }
        }

        private List<SequenceNumber> of(ShardId shard) {
            return put.getOrDefault(shard, List.of());
        }

        private static DirectKinesis kinesis(URI endpoint) {
            return new DirectKinesis(
                    PipeClient.create(settings -> settings.endpointOverride(endpoint)
                            .region(Region.US_EAST_1)
                            .credentialsProvider(
                                    StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))),
                    DirectKinesis.http(),
                    PipeClient.http().build(),
                    Instant::now);
        }

        @Override
        public void close() throws IOException {
            loop.execute(() -> hearers.forEach(hearer -> hearer.source.close()));
            loop.close();
            loop.closed().orTimeout(30, TimeUnit.SECONDS).join();
            behindWire.close();
            others.close();
            wire.close();
            server.close();
        }
    }

    /** Counts how pipes end. */
    private record CountingListener(ShardPipes.PipeListener listener, Consumer<PipeEnd> ends)
            implements ShardPipes.PipeListener {
        @Override
        public void opened() {
            listener.opened();
        }

        @Override
        public void event(PipeEvent event) {
            listener.event(event);
        }

        @Override
        public void ended(PipeEnd end) {
            ends.accept(end);
            listener.ended(end);
        }
    }

    /** Takes a shard over and loses it again; what it hears is of no interest. */
    private static final class Rival implements ShardPipes.PipeListener {
        @Override
        public void opened() {}

        @Override
        public void event(PipeEvent event) {}

        @Override
        public void ended(PipeEnd end) {}
    }

    /** Takes all that it is given, always wants more, and notes how long it hears nothing. Its loop writes, the test reads. */
    private static final class Hearer implements RecordSourceListener {
        final ShardId shard;
        final List<SequenceNumber> taken = new CopyOnWriteArrayList<>();
        final List<String> wrong = new CopyOnWriteArrayList<>();
        final RecordSource source;
        volatile Duration longest = Duration.ZERO;
        volatile int reasons;
        private final LinkedBlockingQueue<ShardId> changed;
        private long heardAt = System.nanoTime();
        private boolean pipeFails;
        private boolean pollingFails;

        Hearer(ShardId shard, PipeSources sources, LinkedBlockingQueue<ShardId> changed) {
            this.shard = shard;
            this.changed = changed;
            this.source = sources.open(STREAM, shard, HashKeyRange.ALL, Position.trimHorizon(), this);
            source.request();
        }

        private void heard() {
            long now = System.nanoTime();
            Duration silence = Duration.ofNanos(now - heardAt);
            heardAt = now;
            if (!pipeFails && !pollingFails && silence.compareTo(longest) > 0) {
                longest = silence;
            }
        }

        @Override
        public void batch(SourceBatch batch) {
            heard();
            pollingFails = false;
            batch.records().stream().map(StreamRecord::sequenceNumber).forEach(taken::add);
            changed.add(shard);
            source.release(batch);
            source.request();
        }

        @Override
        public void shardEnded(List<ChildShard> children) {
            wrong.add("no shard ends here");
        }

        @Override
        public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {
            heard();
            pollingFails = false;
        }

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull) {
            wrong.add("nothing is trimmed here");
        }

        @Override
        public void trouble(SourceTrouble trouble) {
            heard();
            reasons++;
            pollingFails = true;
        }

        @Override
        public void pipeFails(SourceTrouble trouble) {
            heard();
            reasons++;
            pipeFails = true;
        }

        @Override
        public void pipeWorks() {
            heard();
            pipeFails = false;
            pollingFails = false;
        }
    }
}
