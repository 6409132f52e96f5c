package io.millrace.systemtests.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;

/** What was acknowledged survives the server's sudden death, at whatever moment it comes. */
class DurabilityTest {
    private static final String STREAM = "durable";
    private static final int ROUNDS = 5;
    private static final int THREADS = 4;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final int port = MillraceProcess.freePort();

    @TempDir
    Path data;

    /** One acknowledged record. */
    private record Acknowledged(String id, String key, String shard, String sequenceNumber) {}

    @Test
    @Timeout(180)
    void acknowledgedRecordsSurviveFiveKills() throws Exception {
        List<Acknowledged> acknowledged = new ArrayList<>();
        try (KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(port)) {
            for (int round = 0; round < ROUNDS; round++) {
                try (MillraceProcess server = MillraceProcess.startServer(port, data)) {
                    if (round == 0) {
                        LocalClients.createStream(kinesis, STREAM, 3);
                    } else {
                        check(kinesis, acknowledged);
                    }
                    acknowledged.addAll(putUntilKilled(kinesis, server, round));
                }
            }
            try (MillraceProcess server = MillraceProcess.startServer(port, data)) {
                check(kinesis, acknowledged);
                assertThat(server.isAlive()).isTrue();
            }
        }
        assertThat(acknowledged).as("seed %s", seed).hasSizeGreaterThan(ROUNDS * 100);
    }

    /** Several threads put, single records and batches, until the server dies under them at a number of the seed. */
    private List<Acknowledged> putUntilKilled(KinesisAsyncClient kinesis, MillraceProcess server, int round)
            throws InterruptedException {
        ConcurrentLinkedQueue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
        CountDownLatch enough = new CountDownLatch(100 + random.nextInt(2_000));
        List<Thread> putters = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            String name = round + "-" + t;
            SplittableRandom own = random.split();
            Thread putter = new Thread(() -> {
                try {
                    for (int batch = 0; true; batch++) {
                        List<Acknowledged> answers = putBatch(kinesis, name + "-" + batch, 1 + own.nextInt(20));
                        acknowledged.addAll(answers);
                        answers.forEach(answer -> enough.countDown());
                    }
                } catch (RuntimeException serverGone) {
                    enough.countDown();
                }
            });
            putters.add(putter);
            putter.start();
        }
        enough.await();
        server.kill();
        for (Thread putter : putters) {
            putter.join();
        }
        return List.copyOf(acknowledged);
    }

    private static List<Acknowledged> putBatch(KinesisAsyncClient kinesis, String name, int size) {
        List<String> ids = new ArrayList<>();
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            String id = name + "-" + i;
            ids.add(id);
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(key(id))
                    .data(LocalClients.utf8(id))
                    .build());
        }
        PutRecordsResponse answer = kinesis.putRecords(
                        request -> request.streamName(STREAM).records(entries))
                .join();
        assertThat(answer.failedRecordCount()).isZero();
        List<Acknowledged> acknowledged = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            acknowledged.add(new Acknowledged(
                    ids.get(i),
                    key(ids.get(i)),
                    answer.records().get(i).shardId(),
                    answer.records().get(i).sequenceNumber()));
        }
        return acknowledged;
    }

    /** Seven keys a thread and round, so that each key's records come from one thread, in order. */
    private static String key(String id) {
        return id.substring(0, id.indexOf('-', id.indexOf('-') + 1)) + "/" + Math.floorMod(id.hashCode(), 7);
    }

    private void check(KinesisAsyncClient kinesis, List<Acknowledged> acknowledged) {
        Map<String, String> sequenceNumbers = new HashMap<>();
        Map<String, List<String>> idsByKey = new HashMap<>();
        for (List<Record> shard : LocalClients.readAll(kinesis, STREAM)) {
            assertThat(shard)
                    .as("seed %s: a shard's records, by number", seed)
                    .extracting(record -> new java.math.BigInteger(record.sequenceNumber()))
                    .isSorted()
                    .doesNotHaveDuplicates();
            for (Record record : shard) {
                String id = record.data().asUtf8String();
                assertThat(sequenceNumbers.put(id, record.sequenceNumber()))
                        .as("seed %s: earlier copy of %s", seed, id)
                        .isNull();
                idsByKey.computeIfAbsent(record.partitionKey(), key -> new ArrayList<>())
                        .add(id);
            }
        }
        Map<String, List<String>> expectedByKey = new HashMap<>();
        for (Acknowledged each : acknowledged) {
            assertThat(sequenceNumbers).as("seed %s: acknowledged", seed).containsEntry(each.id, each.sequenceNumber);
            expectedByKey.computeIfAbsent(each.key, key -> new ArrayList<>()).add(each.id);
        }
        expectedByKey.forEach((key, ids) -> assertThat(idsByKey.get(key))
                .as("seed %s: order of key %s", seed, key)
                .containsSubsequence(ids));
    }
}
