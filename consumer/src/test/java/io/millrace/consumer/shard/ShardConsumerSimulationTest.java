package io.millrace.consumer.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.SkewedPlatform;
import io.millrace.consumer.SlowReaders;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.model.Checkpoint;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Consumers of a stream that splits and merges, whose leases move, by plan and by force, while reads fail and processors
 * throw. After every event the invariants hold: a checkpoint covers processed records only, and one ownership processes
 * its records in order without a gap.
 */
class ShardConsumerSimulationTest {
    private static final int RECORDS = 600;

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        long first = Long.getLong("first", 0);
        return replay != null ? LongStream.of(replay) : LongStream.range(first, first + Long.getLong("seeds", 60));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyRecordIsProcessedWhateverHappensToTheLeases(long seed) {
        World world = run(seed, ConsumerMutation.NONE);
        assertThat(world.processedTimes.keySet()).as("seed " + seed).isEqualTo(world.put);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void plannedMovesProcessEveryRecordExactlyOnce(long seed) {
        World world = new World(seed, false, ConsumerMutation.NONE);
        world.run();
        assertThat(world.processedTimes.keySet()).as("seed " + seed).isEqualTo(world.put);
        assertThat(world.processedTimes.values()).as("seed " + seed).allMatch(times -> times == 1);
    }

    /** A run in which leases are also taken by force. */
    static World run(long seed, ConsumerMutation mutation) {
        World world = new World(seed, true, mutation);
        world.run();
        return world;
    }

    static final class World extends ConsumerWorld {
        final boolean force;
        final ConsumerMutation mutation;
        final SlowUserCalls calls;
        final ConsumerParts parts;
        /** Shards of which a call is running. */
        final Set<ShardId> busy = new HashSet<>();

        final Map<StreamRecord, Integer> processedTimes = new HashMap<>();
        final Set<ShardId> endedCalls = new HashSet<>();

        World(long seed, boolean force, ConsumerMutation mutation) {
            super(seed);
            this.force = force;
            this.mutation = mutation;
            this.calls = new SlowUserCalls(sim, loop, 400);
            PollingSettings polling = PollingSettings.DEFAULT.withMaxRecordsPerBatch(20);
            // The worker's wall clock is wrong by up to a day, as nothing here may depend on it.
            Platform machine = new SkewedPlatform(sim, Duration.ofMinutes(seed * 37 % 2880 - 1440));
            this.parts = common.on(machine)
                    .of(
                            this,
                            new PollingSources(new SlowReaders(stream, sim, 5), polling, loop, machine, common.meters),
                            calls,
                            () -> new BlockingProcessor(new Processor()),
                            DeliverySettings.DEFAULT);
        }

        void run() {
            for (int i = 0; i < RECORDS; i++) {
                int number = i;
                sim.at(Duration.ofMillis(sim.random().nextInt(30_000)), () -> put(number, "payload"));
            }
            sim.at(Duration.ofSeconds(10), () -> stream.split(ShardId.of(0)));
            sim.at(Duration.ofSeconds(20), () -> stream.merge(ShardId.of(3), ShardId.of(1)));
            sim.at(Duration.ofSeconds(30), () -> {
                stream.split(ShardId.of(2));
                stream.split(ShardId.of(4));
            });
            sim.at(Duration.ZERO, () -> loop.execute(this::direct));
            for (int i = 0; i < 25; i++) {
                sim.at(Duration.ofMillis(sim.random().nextInt(40_000)), () -> loop.execute(this::moveOne));
            }
            sim.run(Duration.ofSeconds(40));
            sim.runUntil(() -> isAllReadOut(RECORDS), Duration.ofMinutes(10));
            assertThat(endedCalls).as("seed " + sim.seed()).contains(ShardId.of(0), ShardId.of(1), ShardId.of(3));
        }

        @Override
        ConsumerParts parts() {
            return parts.withTurns(mutation.turns(parts.turns()));
        }

        @Override
        boolean mayPass(StreamRecord record) {
            return processedTimes.containsKey(record);
        }

        @Override
        boolean isReadOut(ShardId shard) {
            List<StreamRecord> all = stream.recordsOf(shard);
            return all.isEmpty()
                    || leases.row(shard)
                            .checkpoint
                            .equals(Checkpoint.processed(all.get(all.size() - 1).position()));
        }

        @Override
        void ended(ShardId shard) {
            if (!endedCalls.contains(shard)) {
                throw new AssertionError(shard + " ended without a call of shardEnded");
            }
        }

        private void moveOne() {
            anyConsumer().ifPresent(consumer -> {
                if (!force || sim.random().nextBoolean()) {
                    consumer.drain(Duration.ofSeconds(8));
                } else {
                    takeByForce(consumer);
                }
            });
        }

        /** Throws one time in five, before it has done anything; checks what it is told. */
        private final class Processor implements RecordProcessor {
            private ShardId shard = ShardId.of(0);
            private int next;
            private boolean over;
            private FakeLeases.@Nullable Fake lease;

            @Override
            public void initialize(ShardContext context) throws Exception {
                shard = context.shard();
                enter();
                throwSometimes();
                lease = lease(context.epoch());
                next = (int) stream.recordsOf(shard).stream()
                        .filter(record -> ConsumerWorld.covers(context.checkpoint(), record))
                        .count();
            }

            @Override
            public void processRecords(RecordBatch batch) throws Exception {
                enter();
                check(!over, "records after the last call");
                List<StreamRecord> all = stream.recordsOf(shard);
                check(
                        all.subList(next, next + batch.records().size()).equals(batch.records()),
                        "records out of order or with a gap");
                check(lease != null && lease.valid, "records without a lease");
                throwSometimes();
                next += batch.records().size();
                batch.records().forEach(record -> processedTimes.merge(record, 1, Integer::sum));
            }

            @Override
            public void leaseLost() {
                enter();
                check(!over, "a second last call");
                over = true;
                check(force, "a planned move lost a lease");
            }

            @Override
            public void shardEnded(Checkpointer checkpointer) {
                enter();
                check(!over, "a second last call");
                check(next == stream.recordsOf(shard).size(), "ended before the last record");
                over = true;
                endedCalls.add(shard);
            }

            @Override
            public void shutdownRequested(Checkpointer checkpointer) {
                enter();
                check(!over, "a second last call");
                over = true;
            }

            /** Every call says so first, and is over when it has returned. */
            private void enter() {
                check(busy.add(shard), "a call beside another one that is still running");
                calls.atReturn(() -> busy.remove(shard));
            }

            private void throwSometimes() throws Exception {
                if (sim.random().nextInt(5) == 0) {
                    throw new Exception("thrown on purpose");
                }
            }

            private void check(boolean condition, String otherwise) {
                if (!condition) {
                    throw new AssertionError(shard + ": " + otherwise);
                }
            }
        }
    }
}
