package io.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fanout.kinesis.KinesisShapes;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.StreamServer;
import io.millrace.streamcore.log.FsyncPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Producers on a real server that throttles, fails, is split and is gone for a while: real threads, real time. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProducerOnServerTest {
    private static final String FAULTS =
            "PutRecords:throttle=0.05,PutRecords:internal=0.05,PutRecords:latency=1ms..10ms,seed=7";
    private static final int SENDERS = 3;
    private static final int KEYS = 9;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before all tests
    private static Path folder;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private KinesisAsyncClient kinesis;

    private String stream = "";
    private final Map<String, StoredRecord> stored = new ConcurrentHashMap<>();
    private final Map<String, Throwable> failed = new ConcurrentHashMap<>();

    @BeforeAll
    void start() {
        server = server(0);
        kinesis = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .overrideConfiguration(calls -> calls.retryStrategy(AwsRetryStrategy.doNotRetry()))
                .build();
    }

    @AfterAll
    void stop() {
        kinesis.close();
        server.close();
    }

    @Test
    void orderedAggregatesAreThereThroughFaultsSplitsAndARestart() throws Exception {
        sendThroughTrouble(create("ordered", 2, "off").ordered().aggregates(2_000), 1_200, 1);
        check(true);
    }

    @Test
    void plainRecordsAreThereThroughFaultsSplitsAndARestart() throws Exception {
        sendThroughTrouble(create("plain", 2, "off").withoutAggregates(), 1_200, 1);
        check(false);
    }

    @Tag("slow")
    @Test
    @Timeout(180)
    void orderedAggregatesAreThereThroughQuotasSplitsAndFiveRestarts() throws Exception {
        sendThroughTrouble(
                create("throttled", 2, "0.2").ordered().maxBytes(200_000).giveUpAfter(Duration.ofSeconds(60)),
                60_000,
                5);
        readWithoutLimits();
        check(true);
    }

    @Test
    void sendersWaitForRoomAndGoOn() throws Exception {
        Producer producer = create("full", 1, "off").maxBytes(20_000).build();
        long most = 0;
        for (int i = 0; i < 600; i++) {
            send(producer, "key-" + i, i);
            most = Math.max(most, producer.outstanding());
        }
        assertThat(producer.close(Duration.ofSeconds(20))).isEmpty();
        assertThat(stored).hasSize(600);
        assertThat(most).isBetween(90L, 20_000L / 160);
    }

    private ProducerBuilder create(String name, int shards, String quotas) throws Exception {
        stream = name;
        stored.clear();
        failed.clear();
        kinesis.createStream(
                        request -> request.streamName(name).shardCount(shards).tags(Map.of("millrace:quotas", quotas)))
                .get(20, TimeUnit.SECONDS);
        return Producer.builder().stream(name).kinesisClient(kinesis);
    }

    private void readWithoutLimits() throws Exception {
        String arn = kinesis.describeStreamSummary(request -> request.streamName(stream))
                .get(20, TimeUnit.SECONDS)
                .streamDescriptionSummary()
                .streamARN();
        kinesis.tagResource(request -> request.resourceARN(arn).tags(Map.of("millrace:quotas", "off")))
                .get(20, TimeUnit.SECONDS);
    }

    private void restart() {
        int port = server.endpoint().getPort();
        server.close();
        server = server(port);
    }

    private static StreamServer server(int port) {
        return StreamServer.builder()
                .port(port)
                .dataDirectory(folder)
                .fsync(FsyncPolicy.NEVER)
                .transitionTime(Duration.ZERO)
                .faults(FAULTS)
                .start();
    }

    /** Three senders share the records evenly; after each part of them the stream is split or the server goes and comes back. */
    private void sendThroughTrouble(ProducerBuilder builder, int records, int restarts) throws Exception {
        Producer producer = builder.requestTimeout(Duration.ofSeconds(1)).build();
        try (Senders threads = new Senders()) {
            Semaphore sent = new Semaphore(0);
            List<CompletableFuture<Void>> senders = new ArrayList<>();
            for (int sender = 0; sender < SENDERS; sender++) {
                int own = sender;
                senders.add(threads.run(() -> {
                    for (int i = 0; i < records / SENDERS; i++) {
                        send(producer, "key-" + own + "-" + i % (KEYS / SENDERS), i);
                        sent.release();
                    }
                }));
            }
            int steps = restarts + 2;
            for (int step = 0; step < steps; step++) {
                sent.acquire(records / (steps + 1));
                if (step % 3 == 2 || step >= steps - restarts && restarts == 1) {
                    restart();
                } else if (step % 3 == 0 || restarts == 1) {
                    split(step);
                } else {
                    restart();
                }
            }
            for (CompletableFuture<Void> sender : senders) {
                sender.get(100, TimeUnit.SECONDS);
            }
        }
        List<UnstoredRecord> unstored = producer.close(Duration.ofSeconds(60));
        assertThat(unstored).isEmpty();
        assertThat(failed).isEmpty();
        assertThat(stored).hasSize(records);
    }

    private void send(Producer producer, String key, int number) {
        String text = key + "/" + number;
        producer.send(key, text.getBytes(StandardCharsets.UTF_8)).whenComplete((place, error) -> {
            if (place == null) {
                failed.put(text, error);
            } else {
                stored.put(text, place);
            }
        });
    }

    private void split(int which) throws Exception {
        List<Shard> open = shards().stream()
                .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
                .toList();
        Shard shard = open.get(which % open.size());
        HashKeyRange range = KinesisShapes.range(shard.hashKeyRange());
        kinesis.splitShard(request -> request.streamName(stream)
                        .shardToSplit(shard.shardId())
                        .newStartingHashKey(range.middle().toString()))
                .get(20, TimeUnit.SECONDS);
    }

    private List<Shard> shards() throws Exception {
        return kinesis.listShards(request -> request.streamName(stream))
                .get(20, TimeUnit.SECONDS)
                .shards();
    }

    private void check(boolean inOrder) throws Exception {
        Map<String, Set<String>> places = new HashMap<>();
        Map<String, List<StreamRecord>> perKey = new HashMap<>();
        for (Shard shard : shards()) {
            for (StreamRecord record :
                    Aggregates.SPLIT.in(read(shard.shardId()), KinesisShapes.range(shard.hashKeyRange()))) {
                places.computeIfAbsent(record.data().toUtf8(), text -> new HashSet<>())
                        .add(shard.shardId() + "/" + record.position());
                perKey.computeIfAbsent(record.partitionKey(), key -> new ArrayList<>())
                        .add(record);
            }
        }
        assertThat(places.keySet()).isEqualTo(stored.keySet());
        assertThat(stored)
                .allSatisfy(
                        (text, place) -> assertThat(places.get(text)).contains(place.shard() + "/" + place.position()));
        assertThat(perKey).hasSize(KEYS);
        if (inOrder) {
            perKey.values()
                    .forEach(records -> assertThat(records.stream()
                                    .sorted(Comparator.comparing(StreamRecord::position))
                                    .map(record -> record.data().toUtf8())
                                    .distinct()
                                    .map(text -> Integer.parseInt(text.split("/", -1)[1])))
                            .isSorted());
        }
    }

    private List<StreamRecord> read(String shard) throws Exception {
        List<StreamRecord> records = new ArrayList<>();
        String iterator = kinesis.getShardIterator(request ->
                        request.streamName(stream).shardId(shard).shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .get(20, TimeUnit.SECONDS)
                .shardIterator();
        while (iterator != null) {
            String from = iterator;
            GetRecordsResponse page =
                    kinesis.getRecords(request -> request.shardIterator(from)).get(20, TimeUnit.SECONDS);
            page.records().forEach(record -> records.add(KinesisShapes.record(record)));
            iterator = page.records().isEmpty() && page.millisBehindLatest() == 0 ? null : page.nextShardIterator();
        }
        return records;
    }

    /** Threads of senders. */
    private static final class Senders implements AutoCloseable {
        private final Platform.BlockingTasks tasks = new SystemPlatform().newBlockingTasks("sender", SENDERS);

        CompletableFuture<Void> run(Runnable task) {
            return CompletableFuture.runAsync(task, tasks);
        }

        @Override
        public void close() {
            tasks.close();
        }
    }
}
