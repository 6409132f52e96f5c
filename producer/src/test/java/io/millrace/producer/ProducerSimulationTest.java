package io.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fanout.InMemoryStream;
import io.millrace.model.Bytes;
import io.millrace.model.HashKeyRange;
import io.millrace.model.RecordPosition;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every record is told its outcome whatever the service does, every place told is where readers find the record, and what is told
 * not to be stored is not. Run one seed with {@code -Dseed=N}.
 */
class ProducerSimulationTest {
    private static final int SEEDS = 40;

    @Test
    void everyRecordIsWhereItsSenderWasToldAndOrderIsKeptWhereAskedFor() {
        seeds(SEEDS).forEach(seed -> new World(seed).live());
    }

    @Test
    @Tag("slow")
    @Timeout(600)
    void theSameOverManySeeds() {
        seeds(Integer.getInteger("seeds", 10_000)).forEach(seed -> new World(seed).live());
    }

    private static LongStream seeds(int count) {
        Long one = Long.getLong("seed");
        return one == null ? LongStream.range(0, count) : LongStream.of(one);
    }

    /** One run. */
    private static final class World {
        private static final int KEYS = 12;

        private final Simulation sim;
        private final RandomGenerator random;
        private final InMemoryStream stream;
        private final FaultyKinesis kinesis;
        private final Producer producer;
        private final boolean isOrdered;
        private final int records;
        private final Map<String, CompletableFuture<StoredRecord>> outcomes = new TreeMap<>();
        private final Map<String, Integer> numbers = new HashMap<>();

        World(long seed) {
            sim = new Simulation(seed);
            random = sim.random();
            stream = new InMemoryStream(new StreamName("orders"), 1 + random.nextInt(4), sim.clock());
            kinesis = new FaultyKinesis(sim, stream);
            isOrdered = random.nextBoolean();
            records = 50 + random.nextInt(400);
            producer = producer();
        }

        private Producer producer() {
            ProducerBuilder builder = Producer.builder().stream("orders")
                    .kinesisClient(kinesis)
                    .platform(sim)
                    .requests(1 + random.nextInt(6))
                    .linger(Duration.ofMillis(random.nextInt(3) * 20L))
                    .giveUpAfter(Duration.ofSeconds(1 + random.nextInt(60)))
                    .maxBytes(random.nextInt(4) == 0 ? 20_000 : 10_000_000)
                    .whenFull(random.nextBoolean() ? WhenFull.FAIL : WhenFull.DROP_OLDEST);
            if (isOrdered) {
                builder.ordered();
            } else if (random.nextInt(4) == 0) {
                builder.spread(key -> key.equals("key-1"), 5);
            }
            if (random.nextInt(3) == 0) {
                builder.withoutAggregates();
            } else {
                builder.aggregates(1_000 + random.nextInt(3_000));
            }
            return builder.build();
        }

        void live() {
            try {
                kinesis.faults(random.nextInt(3) * 0.1);
                for (int i = 0; i < records; i++) {
                    String key = "key-" + random.nextInt(KEYS);
                    sim.at(Duration.ofMillis(random.nextInt(4_000)), () -> send(key));
                }
                for (int i = random.nextInt(4); i > 0; i--) {
                    sim.at(Duration.ofMillis(random.nextInt(4_000)), this::reshard);
                }
                if (random.nextInt(3) == 0) {
                    int outage = random.nextInt(4_000);
                    sim.at(Duration.ofMillis(outage), () -> kinesis.away(true));
                    sim.at(Duration.ofMillis(outage + random.nextInt(5_000)), () -> kinesis.away(false));
                }
                sim.run(Duration.ofSeconds(random.nextInt(8)));
                List<UnstoredRecord> unstored = close();
                // A record that was sent late is stored late.
                sim.run(Duration.ofMinutes(2));
                check(unstored);
            } catch (RuntimeException | AssertionError error) {
                throw new AssertionError("seed " + sim.seed() + ": " + error.getMessage(), error);
            }
        }

        private List<UnstoredRecord> close() {
            CompletableFuture<List<UnstoredRecord>> closed =
                    producer.closeAsync(Duration.ofSeconds(random.nextInt(100))).toCompletableFuture();
            sim.runUntil(closed::isDone, Duration.ofSeconds(101));
            return closed.join();
        }

        private void send(String key) {
            String text = key + "/" + numbers.merge(key, 1, Integer::sum)
                    + (random.nextInt(40) == 0 ? "/" + "x".repeat(5_000) : "");
            outcomes.put(
                    text,
                    producer.send(new OutgoingRecord(key, Bytes.utf8(text))).toCompletableFuture());
        }

        private void reshard() {
            List<Shard> open = stream.shards().stream().filter(Shard::isOpen).toList();
            Shard one = open.get(random.nextInt(open.size()));
            open.stream()
                    .filter(other -> random.nextBoolean() && one.hashKeyRange().isJustBelow(other.hashKeyRange()))
                    .findFirst()
                    .ifPresentOrElse(other -> stream.merge(one.id(), other.id()), () -> stream.split(one.id()));
            kinesis.resharded(Duration.ofMillis(random.nextInt(1_500)));
        }

        private void check(List<UnstoredRecord> unstored) {
            Map<String, Set<String>> places = new HashMap<>();
            Set<String> wholePlaces = new HashSet<>();
            Map<String, List<StreamRecord>> perKey = new TreeMap<>();
            for (Shard shard : stream.shards()) {
                for (StreamRecord record : Aggregates.SPLIT.in(stream.recordsOf(shard.id()), shard.hashKeyRange())) {
                    String text = record.data().toUtf8();
                    places.computeIfAbsent(text, each -> new HashSet<>()).add(place(shard.id(), record.position()));
                    perKey.computeIfAbsent(record.partitionKey(), each -> new ArrayList<>())
                            .add(record);
                }
                for (StreamRecord record : wholeAggregates(shard)) {
                    wholePlaces.add(place(shard.id(), record.position()));
                }
            }
            assertThat(outcomes.values()).as("all have an outcome").allMatch(CompletableFuture::isDone);
            assertThat(producer.outstanding()).isZero();
            Set<String> failed = new HashSet<>();
            outcomes.forEach((text, outcome) -> {
                if (outcome.isCompletedExceptionally()) {
                    failed.add(text);
                    if (!reason(outcome).mayBeStored()) {
                        assertThat(places).doesNotContainKey(text);
                    }
                } else {
                    StoredRecord stored = outcome.join();
                    assertThat(places.getOrDefault(text, Set.of()))
                            .as("places of %s", text)
                            .contains(place(stored.shard(), stored.position()));
                    assertThat(wholePlaces).contains(place(stored.shard(), stored.position()));
                }
            });
            assertThat(failed)
                    .containsAll(unstored.stream()
                            .map(each -> each.record().data().toUtf8())
                            .toList());
            if (isOrdered) {
                perKey.values().forEach(this::checkOrder);
            }
        }

        /** As the Kinesis Client Library reads: an aggregate with one record of another shard is left out whole. */
        private List<StreamRecord> wholeAggregates(Shard shard) {
            List<StreamRecord> read = new ArrayList<>();
            for (StreamRecord record : stream.recordsOf(shard.id())) {
                List<StreamRecord> all = Aggregates.SPLIT.in(List.of(record), HashKeyRange.ALL);
                if (all.equals(Aggregates.SPLIT.in(List.of(record), shard.hashKeyRange()))) {
                    read.addAll(all);
                }
            }
            return read;
        }

        /** Numbers of children lie above those of their parents. */
        private void checkOrder(List<StreamRecord> records) {
            List<Integer> first = new ArrayList<>();
            records.stream()
                    .sorted((one, other) -> one.position().compareTo(other.position()))
                    .map(record -> record.data().toUtf8())
                    .distinct()
                    .filter(text -> !outcomes.getOrDefault(text, new CompletableFuture<>())
                            .isCompletedExceptionally())
                    .forEach(text -> first.add(Integer.parseInt(text.split("/", -1)[1])));
            assertThat(first).isSorted();
        }

        private static SendException reason(CompletableFuture<StoredRecord> outcome) {
            try {
                outcome.join();
                throw new AssertionError("it is stored");
            } catch (CompletionException e) {
                assertThat(e.getCause()).isInstanceOf(SendException.class);
                return (SendException) e.getCause();
            }
        }

        private static String place(ShardId shard, RecordPosition position) {
            return shard + "/" + position;
        }
    }
}
