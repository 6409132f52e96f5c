package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.processor.RecordBatch;
import io.millrace.fanout.InMemoryStream;
import io.millrace.model.Checkpoint;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole workers over a stream of aggregates, in virtual time, that are killed in the middle of one. Which user records there are,
 * and where, is told from what was put.
 */
class AggregatesSimulationTest {
    private static final int KEYS = 23;

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, Long.getLong("seeds", 20));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyUserRecordIsProcessedInOrderAlthoughWorkersAreKilledWithinAggregates(long seed) {
        Run run = new Run(seed, seed % 2 == 1);
        run.killWithinAnAggregate(4);
        run.go(120);
        run.checkAllProcessedInOrder();
        assertThat(run.kills).as("seed " + seed).isPositive();
    }

    @Test
    void checkpointsLieWithinAggregatesAndReadingGoesOnRightAfterThem() {
        int within = 0;
        for (long seed = 0; seed < 10; seed++) {
            Run run = new Run(seed, seed % 2 == 1);
            run.killWithinAnAggregate(4);
            run.go(120);
            within += run.begunWithin;
        }
        assertThat(within).isGreaterThan(10);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void plannedMovesProcessEveryUserRecordOnce(long seed) {
        Run run = new Run(seed, seed % 2 == 1);
        run.world.sim.at(Duration.ofSeconds(5), () -> run.start());
        run.world.sim.at(
                Duration.ofSeconds(12),
                () -> run.world.closed.add(run.world.cores.get(0).close(Duration.ofSeconds(30))));
        run.go(120);
        run.checkAllProcessedInOrder();
        assertThat(run.world.duplicates).as("seed " + seed).isZero();
    }

    /** One run; the processor throws one time in five, so that checkpoints are written between the batches of an aggregate. */
    private static final class Run {
        final WorkerWorld world;
        final Map<ShardId, List<StreamRecord>> byShard = new HashMap<>();
        final Set<StreamRecord> lastOfTheirs = new HashSet<>();
        final Map<String, Integer> nextOf = new HashMap<>();
        final List<MortalPlatform> platforms = new ArrayList<>();
        int kills;
        int mostKills;
        int begunWithin;
        private boolean isWithin;

        Run(long seed, boolean isFanOut) {
            world = new WorkerWorld(seed, 3);
            world.isFanOut = isFanOut;
            world.pipeFaultPercent = isFanOut ? 10 : 0;
            world.maxRecordsPerBatch = 4;
            world.observer = this::process;
        }

        void start() {
            MortalPlatform platform = new MortalPlatform(world.sim);
            platforms.add(platform);
            world.platform = platform;
            world.start("worker-" + platforms.size());
        }

        void killWithinAnAggregate(int times) {
            mostKills = times;
            world.sim.at(Duration.ofSeconds(6), this::killOnceWithin);
        }

        private void killOnceWithin() {
            boolean isDue = kills < mostKills && isWithin;
            if (isDue) {
                kills++;
                isWithin = false;
                platforms.get(platforms.size() - 1).kill();
                start();
            }
            if (kills < mostKills) {
                world.sim.at(Duration.ofMillis(isDue ? 14_000 : 7), this::killOnceWithin);
            }
        }

        void go(int aggregates) {
            start();
            for (int i = 0; i < aggregates; i++) {
                int number = i;
                world.sim.at(Duration.ofMillis(world.sim.random().nextInt(60_000)), () -> put(number));
            }
            world.sim.at(Duration.ofSeconds(20), () -> world.stream().split(ShardId.of(1)));
            world.sim.at(Duration.ofSeconds(35), () -> world.stream().merge(ShardId.of(0), ShardId.of(3)));
            world.sim.runUntil(
                    () -> world.sim.elapsed().compareTo(Duration.ofSeconds(61)) > 0
                            && world.processed.size() == world.put.size(),
                    Duration.ofMinutes(10));
        }

        private void put(int number) {
            List<String> keys = new ArrayList<>();
            List<String> payloads = new ArrayList<>();
            int size = 1 + world.sim.random().nextInt(20);
            for (int i = 0; i < size; i++) {
                keys.add("key-" + (number * 7 + i) % KEYS);
                payloads.add("orders " + number + "/" + i);
            }
            InMemoryStream stream = world.stream();
            List<StreamRecord> own = new PackedOrders(keys, payloads).putInto(stream);
            ShardId shard = stream.shards().stream()
                    .map(described -> described.id())
                    .filter(id -> stream.recordsOf(id).stream()
                            .anyMatch(stored ->
                                    stored.sequenceNumber().equals(own.get(0).sequenceNumber())))
                    .findFirst()
                    .orElseThrow();
            byShard.computeIfAbsent(shard, id -> new ArrayList<>()).addAll(own);
            lastOfTheirs.add(own.get(own.size() - 1));
            world.put.addAll(own);
        }

        /** Each ownership begins right after its checkpoint and goes on without a gap. */
        private void process(RecordBatch batch) {
            List<StreamRecord> all = byShard.getOrDefault(batch.shard().shard(), List.of());
            String ownership = batch.shard().shard() + " " + batch.shard().epoch();
            int next = nextOf.computeIfAbsent(
                    ownership, first -> begin(batch.shard().checkpoint(), all));
            int end = next + batch.records().size();
            assertThat(batch.records())
                    .as("seed " + world.sim.seed())
                    .isEqualTo(all.subList(next, Math.min(end, all.size())));
            if (world.sim.random().nextInt(5) == 0) {
                throw new IllegalStateException("on purpose");
            }
            nextOf.put(ownership, end);
            isWithin = !lastOfTheirs.contains(all.get(end - 1));
        }

        private int begin(Checkpoint checkpoint, List<StreamRecord> all) {
            if (!(checkpoint instanceof Checkpoint.Processed done)) {
                return 0;
            }
            int covered = (int) all.stream()
                    .filter(record -> record.position().compareTo(done.position()) <= 0)
                    .count();
            begunWithin += lastOfTheirs.contains(all.get(covered - 1)) ? 0 : 1;
            return covered;
        }

        void checkAllProcessedInOrder() {
            assertThat(world.processed).as("seed " + world.sim.seed()).hasSameElementsAs(world.put);
            world.checkOrderPerKey();
        }
    }
}
