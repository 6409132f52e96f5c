package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.checkpoint.CheckpointPace;
import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.SkewedPlatform;
import io.millrace.consumer.SlowReaders;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.consumer.watch.FailureReports;
import io.millrace.consumer.watch.Oversight;
import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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
    private static final StreamName STREAM = new StreamName("orders");
    private static final int RECORDS = 600;

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        long first = Long.getLong("first", 0);
        return replay != null ? LongStream.of(replay) : LongStream.range(first, first + Long.getLong("seeds", 100));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyRecordIsProcessedWhateverHappensToTheLeases(long seed) {
        World world = run(seed, ConsumerMutation.NONE);
        assertThat(world.processedTimes.keySet()).as("seed " + seed).isEqualTo(Set.copyOf(world.put));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void plannedMovesProcessEveryRecordExactlyOnce(long seed) {
        World world = new World(seed, false, ConsumerMutation.NONE);
        world.run();
        assertThat(world.processedTimes.keySet()).as("seed " + seed).isEqualTo(Set.copyOf(world.put));
        assertThat(world.processedTimes.values()).as("seed " + seed).allMatch(times -> times == 1);
    }

    /** A run in which leases are also taken by force. */
    static World run(long seed, ConsumerMutation mutation) {
        World world = new World(seed, true, mutation);
        world.run();
        return world;
    }

    static final class World implements ShardDirectory, ConsumerParts.Owner {
        final Simulation sim;
        final EventLoop loop;
        final InMemoryStream stream;
        final FakeLeases leases;
        final ConsumerParts parts;
        final boolean force;
        final ConsumerMutation mutation;
        final SlowUserCalls calls;
        /** Shards of which a call is running. */
        final Set<ShardId> busy = new HashSet<>();

        final Map<ShardId, ShardConsumer> consumers = new HashMap<>();
        final Map<Long, FakeLeases.Fake> taken = new HashMap<>();
        final List<StreamRecord> put = new ArrayList<>();
        final Map<StreamRecord, Integer> processedTimes = new HashMap<>();
        final Set<ShardId> endedCalls = new HashSet<>();
        final Map<ShardId, Integer> checkedUpTo = new HashMap<>();

        World(long seed, boolean force, ConsumerMutation mutation) {
            this.sim = new Simulation(seed);
            this.force = force;
            this.mutation = mutation;
            this.loop = sim.newEventLoop("worker");
            this.stream = new InMemoryStream(STREAM, 2, sim.clock());
            this.leases = new FakeLeases(sim, STREAM);
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            PollingSettings polling = PollingSettings.DEFAULT.withMaxRecordsPerBatch(20);
            this.calls = new SlowUserCalls(sim, loop, 400);
            // The worker's wall clock is wrong by up to a day, as nothing here may depend on it.
            Platform machine = new SkewedPlatform(sim, Duration.ofMinutes(seed * 37 % 2880 - 1440));
            this.parts = new ConsumerParts(
                    "app",
                    loop,
                    machine,
                    new PollingSources(new SlowReaders(stream, sim, 5), polling, loop, machine, meters),
                    this,
                    calls,
                    () -> new BlockingProcessor(new Processor()),
                    DeliverySettings.DEFAULT,
                    new CheckpointPace(sim.ticker(), Duration.ofSeconds(1)),
                    new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2)),
                    new ConsumerMeters(meters),
                    new Oversight(
                            new ServiceTime(sim.ticker()),
                            new FailureReports(loop, sim.clock()),
                            Duration.ofMinutes(1)),
                    new ShardTurns(),
                    this);
            sim.afterEveryEvent(this::checkCheckpoints);
        }

        void run() {
            for (int i = 0; i < RECORDS; i++) {
                String key = "key-" + i % 17;
                sim.at(
                        Duration.ofMillis(sim.random().nextInt(30_000)),
                        () -> put.add(stream.put(key, Bytes.utf8("payload"))));
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
            sim.runUntil(
                    () -> put.size() == RECORDS
                            && sim.elapsed().compareTo(Duration.ofSeconds(40)) > 0
                            && stream.shards().stream()
                                    .allMatch(shard -> shard.isOpen()
                                            ? readOut(shard.id())
                                            : leases.row(shard.id()).checkpoint.isShardEnd()),
                    Duration.ofMinutes(10));
            assertThat(endedCalls).as("seed " + sim.seed()).contains(ShardId.of(0), ShardId.of(1), ShardId.of(3));
        }

        private boolean readOut(ShardId shard) {
            List<StreamRecord> all = stream.recordsOf(shard);
            return all.isEmpty()
                    || leases.row(shard)
                            .checkpoint
                            .equals(Checkpoint.processed(all.get(all.size() - 1).position()));
        }

        /** Gives every shard without an owner, whose parents have ended, a consumer; and again a moment later. */
        private void direct() {
            for (Shard shard : stream.shards()) {
                FakeLeases.Row row = leases.row(shard.id());
                boolean ready = shard.parents().stream()
                        .allMatch(parent -> leases.row(parent).checkpoint.isShardEnd());
                if (ready && row.holder == null && !row.checkpoint.isShardEnd()) {
                    consume(shard.id());
                }
            }
            loop.schedule(Duration.ofMillis(100), this::direct);
        }

        private void consume(ShardId shard) {
            FakeLeases.Fake lease = leases.take(shard);
            taken.put(lease.epoch(), lease);
            ShardConsumer consumer = new ShardConsumer(lease, mutated());
            consumers.put(shard, consumer);
            consumer.start();
        }

        private ConsumerParts mutated() {
            return parts.withTurns(mutation.turns(parts.turns()));
        }

        private void moveOne() {
            List<ShardId> held = consumers.keySet().stream().sorted().toList();
            if (held.isEmpty()) {
                return;
            }
            ShardId shard = held.get(sim.random().nextInt(held.size()));
            ShardConsumer consumer = requireNonNull(consumers.get(shard));
            FakeLeases.Fake lease = (FakeLeases.Fake) consumer.lease();
            if (!force || sim.random().nextBoolean()) {
                consumer.drain(Duration.ofSeconds(8));
            } else if (lease.isValid()) {
                // Its proof runs out first; only then another may take it; and the old owner may hear of it late.
                lease.valid = false;
                loop.schedule(Duration.ofMillis(sim.random().nextInt(300)), () -> {
                    if (lease.row.holder == lease) {
                        consume(shard);
                    }
                });
                loop.schedule(Duration.ofMillis(sim.random().nextInt(600)), () -> consumer.lost("taken by force"));
            }
        }

        private void checkCheckpoints() {
            for (FakeLeases.Row row : leases.rows.values()) {
                List<StreamRecord> all = stream.recordsOf(row.shard);
                int from = checkedUpTo.getOrDefault(row.shard, 0);
                int to = from;
                while (to < all.size() && covers(row.checkpoint, all.get(to))) {
                    if (!processedTimes.containsKey(all.get(to))) {
                        throw new AssertionError("checkpoint " + row.checkpoint + " of " + row.shard
                                + " passes a record that nobody processed");
                    }
                    to++;
                }
                checkedUpTo.put(row.shard, to);
                if (row.checkpoint.isShardEnd() && !endedCalls.contains(row.shard)) {
                    throw new AssertionError(row.shard + " ended without a call of shardEnded");
                }
            }
        }

        private static boolean covers(Checkpoint checkpoint, StreamRecord record) {
            return checkpoint.isShardEnd()
                    || (checkpoint instanceof Checkpoint.Processed done
                            && record.position().compareTo(done.position()) <= 0);
        }

        @Override
        public void over(ShardConsumer consumer, ConsumerEnd end) {
            consumers.remove(consumer.lease().key().shard(), consumer);
        }

        @Override
        public CompletableFuture<StreamIdentity> identify(StreamName name) {
            return CompletableFuture.completedFuture(new StreamIdentity("arn", Instant.EPOCH));
        }

        @Override
        public CompletableFuture<List<Shard>> listShards(StreamName name) {
            return CompletableFuture.completedFuture(stream.shards());
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
                lease = taken.get(context.epoch());
                next = (int) stream.recordsOf(shard).stream()
                        .filter(record -> covers(context.checkpoint(), record))
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
