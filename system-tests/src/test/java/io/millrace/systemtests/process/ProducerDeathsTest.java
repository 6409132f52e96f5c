package io.millrace.systemtests.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fanout.kinesis.KinesisShapes;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.producer.Producer;
import io.millrace.producer.StoredRecord;
import io.millrace.producer.UnstoredRecord;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** An ordered, aggregating producer whose server is killed five times, throttled by real quotas, and whose shards are split. */
@Tag("slow")
class ProducerDeathsTest {
    private static final String STREAM = "produced";
    private static final int DEATHS = 5;
    private static final int KEYS = 20;

    private final int port = MillraceProcess.freePort();
    private final Map<String, StoredRecord> stored = new ConcurrentHashMap<>();
    private final Set<String> failed = ConcurrentHashMap.newKeySet();
    private volatile boolean isOver;

    @TempDir
    Path data;

    @Test
    @Timeout(240)
    void everyAcknowledgedRecordIsThereAndInOrder() throws Exception {
        try (KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(port)) {
            Producer producer = Producer.builder().stream(STREAM)
                    .kinesisClient(kinesis)
                    .ordered()
                    .requestTimeout(Duration.ofSeconds(3))
                    .maxBytes(400_000)
                    .build();
            MillraceProcess server = MillraceProcess.startServer(port, data);
            LocalClients.createStream(kinesis, STREAM, 2);
            limit(kinesis, "0.3");
            ConcurrentLinkedQueue<CountDownLatch> waiting = new ConcurrentLinkedQueue<>();
            Thread sender = new Thread(() -> send(producer, waiting));
            sender.start();
            for (int death = 0; death < DEATHS; death++) {
                CountDownLatch enough = new CountDownLatch(5_000);
                waiting.add(enough);
                enough.await();
                split(kinesis);
                server.kill();
                server = MillraceProcess.startServer(port, data);
            }
            isOver = true;
            sender.join();
            List<UnstoredRecord> unstored = producer.close(Duration.ofSeconds(60));
            limit(kinesis, "off");
            check(kinesis, unstored);
            server.close();
        }
    }

    private static void limit(KinesisAsyncClient kinesis, String quotas) {
        String arn = kinesis.describeStreamSummary(request -> request.streamName(STREAM))
                .join()
                .streamDescriptionSummary()
                .streamARN();
        kinesis.tagResource(request -> request.resourceARN(arn).tags(Map.of("millrace:quotas", quotas)))
                .join();
    }

    private void send(Producer producer, ConcurrentLinkedQueue<CountDownLatch> waiting) {
        for (int n = 0; !isOver; n++) {
            String key = "key-" + n % KEYS;
            String text = key + "/" + n + "/" + "x".repeat(50);
            producer.send(key, text.getBytes(StandardCharsets.UTF_8)).whenComplete((place, error) -> {
                if (place == null) {
                    failed.add(text);
                } else {
                    stored.put(text, place);
                    waiting.forEach(CountDownLatch::countDown);
                }
            });
        }
    }

    private static void split(KinesisAsyncClient kinesis) {
        Shard shard = kinesis.listShards(request -> request.streamName(STREAM)).join().shards().stream()
                .filter(each -> each.sequenceNumberRange().endingSequenceNumber() == null)
                .findFirst()
                .orElseThrow();
        String middle = KinesisShapes.range(shard.hashKeyRange()).middle().toString();
        kinesis.splitShard(request ->
                        request.streamName(STREAM).shardToSplit(shard.shardId()).newStartingHashKey(middle))
                .join();
        LocalClients.awaitActive(kinesis, STREAM);
    }

    private void check(KinesisAsyncClient kinesis, List<UnstoredRecord> unstored) {
        Map<String, Set<String>> places = new HashMap<>();
        Map<String, List<StreamRecord>> perKey = new HashMap<>();
        List<Shard> shards =
                kinesis.listShards(request -> request.streamName(STREAM)).join().shards();
        List<List<Record>> all = LocalClients.readAll(kinesis, STREAM);
        for (int i = 0; i < shards.size(); i++) {
            HashKeyRange range = KinesisShapes.range(shards.get(i).hashKeyRange());
            List<StreamRecord> records =
                    all.get(i).stream().map(KinesisShapes::record).toList();
            for (StreamRecord record : Aggregates.SPLIT.in(records, range)) {
                places.computeIfAbsent(record.data().toUtf8(), text -> new HashSet<>())
                        .add(shards.get(i).shardId() + "/" + record.position());
                perKey.computeIfAbsent(record.partitionKey(), key -> new ArrayList<>())
                        .add(record);
            }
        }
        assertThat(stored.size()).isGreaterThanOrEqualTo(DEATHS * 5_000);
        stored.forEach((text, place) ->
                assertThat(places.getOrDefault(text, Set.of())).contains(place.shard() + "/" + place.position()));
        assertThat(shards).hasSize(2 + 2 * DEATHS);
        assertThat(failed).isEmpty();
        assertThat(unstored).isEmpty();
        perKey.values()
                .forEach(records -> assertThat(records.stream()
                                .sorted(Comparator.comparing(StreamRecord::position))
                                .map(record -> record.data().toUtf8())
                                .distinct()
                                .map(text -> Integer.parseInt(text.split("/", -1)[1])))
                        .isSorted());
    }
}
