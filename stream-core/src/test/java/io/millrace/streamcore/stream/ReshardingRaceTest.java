package io.millrace.streamcore.stream;

import static io.millrace.streamcore.stream.StreamsFixture.ORDERS;
import static io.millrace.streamcore.stream.StreamsFixture.await;
import static io.millrace.streamcore.stream.StreamsFixture.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Producers on threads of their own put while shards split and merge under them. */
final class ReshardingRaceTest {
    private static final int PRODUCERS = 4;

    @TempDir
    private Path directory;

    /** By key and round of each record: the number that its producer was told. */
    private final Map<String, SequenceNumber> told = new ConcurrentHashMap<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void nothingAcknowledgedIsLostAndKeysKeepTheirOrder(long fixedSeed) throws Exception {
        long seed = Long.getLong("seed", fixedSeed);
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(PRODUCERS);
        try (StreamsFixture fixture = new StreamsFixture(directory)) {
            fixture.create(2);
            List<CompletableFuture<Integer>> producers = new ArrayList<>();
            for (int i = 0; i < PRODUCERS; i++) {
                String name = "p" + i;
                producers.add(CompletableFuture.supplyAsync(() -> produce(fixture, name, stop), threads));
            }
            reshard(fixture, new SplittableRandom(seed), 12);
            stop.set(true);
            int[] acknowledged = new int[PRODUCERS];
            for (int i = 0; i < PRODUCERS; i++) {
                acknowledged[i] = await(producers.get(i));
                assertThat(acknowledged[i]).as("seed %s", seed).isPositive();
            }
            check(fixture, acknowledged, seed);
            fixture.restart();
            check(fixture, acknowledged, seed);
        } finally {
            stop.set(true);
            threads.shutdownNow();
        }
    }

    /** Puts rounds of ten records, one for each of ten keys, and waits for each round; answers how many rounds. */
    private int produce(StreamsFixture fixture, String name, AtomicBoolean stop) {
        int round = 0;
        while (!stop.get()) {
            List<NewRecord> records = new ArrayList<>();
            for (int key = 0; key < 10; key++) {
                records.add(record(name + "/" + key, String.valueOf(round)));
            }
            List<Streams.PutAnswer> answers =
                    fixture.streams().put(ORDERS, records).join().answers();
            assertThat(answers).hasSize(10);
            for (int key = 0; key < 10; key++) {
                told.put(name + "/" + key + " " + round, answers.get(key).sequenceNumber());
            }
            round++;
        }
        return round;
    }

    private static void reshard(StreamsFixture fixture, SplittableRandom random, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            List<Shard> open = fixture.openShards().stream()
                    .sorted(Comparator.comparing(shard -> shard.hashKeyRange().start()))
                    .toList();
            boolean splits = open.size() == 1 || (open.size() < 8 && random.nextBoolean());
            int at = random.nextInt(splits ? open.size() : open.size() - 1);
            ShardId shard = open.get(at).id();
            if (splits) {
                await(fixture.streams()
                        .split(ORDERS, shard, open.get(at).hashKeyRange().middle()));
            } else {
                await(fixture.streams().merge(ORDERS, shard, open.get(at + 1).id()));
            }
        }
    }

    private void check(StreamsFixture fixture, int[] rounds, long seed) throws Exception {
        Map<String, Integer> next = new HashMap<>();
        Map<String, SequenceNumber> last = new HashMap<>();
        // Shards are numbered parents first, so in their order every key's records stand in the order of their puts.
        for (Shard shard : fixture.streams().get(ORDERS).shards()) {
            List<StreamRecord> records = fixture.readAll(shard.id(), Position.trimHorizon(), 500, 10_000);
            assertThat(records)
                    .as("seed %s", seed)
                    .extracting(StreamRecord::sequenceNumber)
                    .isSorted();
            for (StreamRecord record : records) {
                String key = record.partitionKey();
                String expected = String.valueOf(next.getOrDefault(key, 0));
                if (!record.data().toUtf8().equals(expected)) {
                    throw new AssertionError("seed " + seed + ": key " + key + " has "
                            + record.data().toUtf8() + " where " + expected + " belongs");
                }
                SequenceNumber number = told.get(key + " " + expected);
                if (number == null || !number.equals(record.sequenceNumber())) {
                    throw new AssertionError("seed " + seed + ": the producer of key " + key
                            + " was told another number for " + expected);
                }
                next.merge(key, 1, Integer::sum);
                SequenceNumber before = last.put(key, record.sequenceNumber());
                if (before != null && before.compareTo(record.sequenceNumber()) >= 0) {
                    throw new AssertionError("seed " + seed + ": numbers of key " + key + " fall");
                }
            }
        }
        for (int i = 0; i < PRODUCERS; i++) {
            for (int key = 0; key < 10; key++) {
                assertThat(next.getOrDefault("p" + i + "/" + key, 0))
                        .as("seed %s", seed)
                        .isEqualTo(rounds[i]);
            }
        }
    }
}
