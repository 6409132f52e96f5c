package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.checkpoint.CheckpointPace;
import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.SlowReaders;
import io.millrace.consumer.delivery.Batching;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.health.WorkerHealth.ShardHealth;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RetryLaterException;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.consumer.watch.FailureReports;
import io.millrace.consumer.watch.Oversight;
import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Consumers with lanes, policies, manual checkpoints and processors whose stages complete late, break, or ask to be called later;
 * some records cannot be processed at all. Leases move, by plan and by force, and shards are paused and begin anew. How a world is
 * made follows from its seed. After every event a checkpoint covers only records that are processed, declared or given up, and
 * each lane gets its records in order.
 */
final class DeliveryWorld implements ShardDirectory, ConsumerParts.Owner, LetterSink {
    private static final StreamName STREAM = new StreamName("orders");
    private static final int RECORDS = 400;

    final Simulation sim;
    final EventLoop loop;
    final InMemoryStream stream;
    final FakeLeases leases;
    final DeliverySettings delivery;
    final Troubles troubles;
    final DeliveryMutation mutation;
    private final ConsumerParts parts;
    private final Map<ShardId, ShardConsumer> consumers = new HashMap<>();
    private final Map<Long, FakeLeases.Fake> taken = new HashMap<>();
    final Set<StreamRecord> put = new HashSet<>();
    final Set<StreamRecord> poison = new HashSet<>();
    final Map<StreamRecord, Integer> processed = new HashMap<>();
    final Set<StreamRecord> declared = new HashSet<>();
    final Set<StreamRecord> letters = new HashSet<>();
    private final Map<ShardId, Integer> checkedUpTo = new HashMap<>();
    private final Set<String> busy = new HashSet<>();

    /** Says what goes wrong besides poison. */
    enum Troubles {
        /** Nothing, and leases only move by plan. */
        NONE,
        /** Everything. */
        ALL
    }

    DeliveryWorld(long seed, Troubles troubles, DeliveryMutation mutation) {
        this.sim = new Simulation(seed);
        this.troubles = troubles;
        this.mutation = mutation;
        this.loop = sim.newEventLoop("worker");
        this.stream = new InMemoryStream(STREAM, 2, sim.clock());
        this.leases = new FakeLeases(sim, STREAM);
        this.delivery = settings();
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        PollingSettings polling = PollingSettings.DEFAULT
                .withMaxRecordsPerBatch(1 + sim.random().nextInt(30))
                .withReadAhead(2_000, 20_000);
        ServiceTime time = new ServiceTime(sim.ticker());
        this.parts = new ConsumerParts(
                "app",
                loop,
                sim,
                sources(new PollingSources(new SlowReaders(stream, sim, 5), polling, loop, sim, meters, time)),
                this,
                mutation.calls(new SlowUserCalls(sim, loop, 20)),
                Processor::new,
                delivery,
                new CheckpointPace(sim.ticker(), Duration.ofSeconds(1)),
                new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2)),
                new ConsumerMeters(meters),
                new Oversight(time, new FailureReports(loop, sim.clock()), Duration.ofMinutes(1)),
                new ShardTurns(),
                this);
        sim.afterEveryEvent(this::checkCheckpoints);
    }

    private RecordSources sources(RecordSources sources) {
        return mutation == DeliveryMutation.NONE ? sources : mutation.sources(sources);
    }

    private DeliverySettings settings() {
        int lanes = sim.random().nextBoolean() ? 1 : 2 + sim.random().nextInt(4);
        Batching batching = Batching.DEFAULT
                .withRecords(1 + sim.random().nextInt(20))
                .withWindow(Duration.ofMillis(
                        sim.random().nextBoolean() ? 0 : sim.random().nextInt(500)))
                .withBytes(sim.random().nextBoolean() ? Long.MAX_VALUE : 50)
                .withEmpty(sim.random().nextInt(4) == 0);
        CheckpointMode mode = sim.random().nextInt(3) == 0 ? CheckpointMode.MANUAL : CheckpointMode.AUTOMATIC;
        return DeliverySettings.DEFAULT
                .withLanes(lanes)
                .withBatching(batching)
                .withCheckpoints(mode)
                .withOpenRecords(10 + sim.random().nextInt(100))
                .withInterrupts(sim.random().nextBoolean())
                .withFailures(policy());
    }

    /** All of them give up at last, for there is poison. Fifty tries are more than troubles make a record fail. */
    private FailurePolicy policy() {
        return switch (sim.random().nextInt(3)) {
            case 0 -> FailurePolicy.tries(2).isolating().thenLetter(mutation.sink(this));
            case 1 -> FailurePolicy.time(Duration.ofSeconds(2)).isolating().thenLetter(mutation.sink(this));
            default ->
                FailurePolicy.tries(3).orOlderThan(Duration.ofSeconds(30)).thenLetter(mutation.sink(this));
        };
    }

    void run() {
        for (int i = 0; i < RECORDS; i++) {
            String key = "key-" + i % 17;
            boolean bad = sim.random().nextInt(40) == 0 && troubles == Troubles.ALL;
            sim.at(Duration.ofMillis(sim.random().nextInt(20_000)), () -> {
                StreamRecord record = stream.put(key, Bytes.utf8(bad ? "poison" : "payload"));
                put.add(record);
                if (bad) {
                    poison.add(record);
                }
            });
        }
        sim.at(Duration.ofSeconds(7), () -> stream.split(ShardId.of(0)));
        sim.at(Duration.ofSeconds(14), () -> stream.merge(ShardId.of(3), ShardId.of(1)));
        sim.at(Duration.ZERO, () -> loop.execute(this::direct));
        for (int i = 0; i < 15; i++) {
            sim.at(Duration.ofMillis(sim.random().nextInt(25_000)), () -> loop.execute(this::disturb));
        }
        try {
            sim.runUntil(this::isReadOut, Duration.ofMinutes(30));
        } catch (AssertionError stuck) {
            List<ShardHealth> shards =
                    consumers.values().stream().map(ShardConsumer::health).toList();
            throw new AssertionError(stuck.getMessage() + "; " + delivery + ": " + shards, stuck);
        }
    }

    private boolean isReadOut() {
        return put.size() == RECORDS
                && sim.elapsed().compareTo(Duration.ofSeconds(25)) > 0
                && stream.shards().stream()
                        .allMatch(shard -> shard.isOpen()
                                ? readOut(shard.id())
                                : leases.row(shard.id()).checkpoint.isShardEnd());
    }

    private boolean readOut(ShardId shard) {
        return stream.recordsOf(shard).stream().allMatch(this::isDone);
    }

    private boolean isDone(StreamRecord record) {
        return processed.containsKey(record) || letters.contains(record);
    }

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
        ShardConsumer consumer = new ShardConsumer(lease, parts.withTurns(mutation.turns(parts.turns())));
        consumers.put(shard, consumer);
        consumer.start();
    }

    private void disturb() {
        List<ShardId> held = consumers.keySet().stream().sorted().toList();
        if (held.isEmpty()) {
            return;
        }
        ShardId shard = held.get(sim.random().nextInt(held.size()));
        ShardConsumer consumer = requireNonNull(consumers.get(shard));
        FakeLeases.Fake lease = (FakeLeases.Fake) consumer.lease();
        switch (troubles == Troubles.NONE ? 0 : sim.random().nextInt(4)) {
            case 0 -> consumer.drain(Duration.ofSeconds(8));
            case 1 -> {
                consumer.pause(true);
                loop.schedule(Duration.ofMillis(sim.random().nextInt(2_000)), () -> consumer.pause(false));
            }
            case 2 -> consumer.restart();
            default -> {
                if (lease.isValid()) {
                    lease.valid = false;
                    loop.schedule(Duration.ofMillis(sim.random().nextInt(300)), () -> {
                        if (lease.row.holder == lease) {
                            consume(shard);
                        }
                    });
                    loop.schedule(Duration.ofMillis(sim.random().nextInt(600)), () -> consumer.lost("taken by force"));
                }
            }
        }
    }

    private void checkCheckpoints() {
        for (FakeLeases.Row row : leases.rows.values()) {
            List<StreamRecord> all = stream.recordsOf(row.shard);
            int to = checkedUpTo.getOrDefault(row.shard, 0);
            while (to < all.size() && covers(row.checkpoint, all.get(to))) {
                StreamRecord record = all.get(to);
                boolean mayPass = letters.contains(record)
                        || (delivery.isManual() ? declared.contains(record) : processed.containsKey(record));
                if (!mayPass) {
                    throw new AssertionError("seed " + sim.seed() + ": checkpoint " + row.checkpoint + " of "
                            + row.shard + " passes a record that is not done with");
                }
                to++;
            }
            checkedUpTo.put(row.shard, to);
        }
    }

    private static boolean covers(Checkpoint checkpoint, StreamRecord record) {
        return checkpoint.isShardEnd()
                || (checkpoint instanceof Checkpoint.Processed done
                        && record.position().compareTo(done.position()) <= 0);
    }

    @Override
    public void write(List<Letter> given) throws Exception {
        if (troubles == Troubles.ALL && sim.random().nextInt(3) == 0) {
            throw new Exception("the sink is down on purpose");
        }
        given.forEach(letter -> letters.add(letter.record()));
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

    /** Checks what its lane is told; its stages complete late. */
    private final class Processor implements AsyncRecordProcessor {
        private @Nullable ShardContext context;
        private FakeLeases.@Nullable Fake lease;
        /** How far the lane is done: processed, or given up. */
        private @Nullable RecordPosition last;

        private boolean over;

        @Override
        public CompletionStage<?> initialize(ShardContext shard) {
            context = shard;
            lease = taken.get(shard.epoch());
            last = shard.checkpoint() instanceof Checkpoint.Processed done ? done.position() : null;
            return later(this::misbehave);
        }

        @Override
        public CompletionStage<?> processRecords(RecordBatch batch) {
            check(!over, "records after the last call");
            check(lease != null && lease.valid, "records without a lease");
            checkOrder(batch.records());
            return later(() -> {
                misbehave();
                if (batch.records().stream().anyMatch(poison::contains)) {
                    throw new IllegalStateException("poison");
                }
                batch.records().forEach(record -> processed.merge(record, 1, Integer::sum));
                if (!batch.records().isEmpty()) {
                    last = batch.lastRecord().position();
                }
                if (delivery.isManual() && !batch.records().isEmpty()) {
                    RecordPosition upTo = last;
                    sim.at(Duration.ofMillis(sim.random().nextInt(1_000)), () -> declare(batch.checkpointer(), upTo));
                }
            });
        }

        /** The next records of this lane, but for those that were given up. */
        private void checkOrder(List<StreamRecord> records) {
            RecordPosition from = last;
            List<StreamRecord> expected = stream
                    .recordsOf(requireNonNull(context).shard())
                    .stream()
                    .filter(record -> from == null || record.position().compareTo(from) > 0)
                    .filter(record -> Lanes.laneOf(record.partitionKey(), delivery.lanes()) == context.lane())
                    .filter(record -> !letters.contains(record) || records.contains(record))
                    .limit(records.size())
                    .toList();
            check(expected.equals(records), "records out of order or with a gap");
            check(records.size() <= delivery.batching().records(), "a batch that is too large");
        }

        /** All that this lane was given and returned from. */
        private void declare(Checkpointer checkpointer, @Nullable RecordPosition upTo) {
            if (upTo != null) {
                stream.recordsOf(requireNonNull(context).shard()).stream()
                        .filter(record -> record.position().compareTo(upTo) <= 0)
                        .filter(record -> Lanes.laneOf(record.partitionKey(), delivery.lanes()) == context.lane())
                        .forEach(declared::add);
                var unused = checkpointer
                        .checkpointAsync(upTo)
                        .whenComplete((nothing, error) -> check(
                                !(error instanceof IllegalArgumentException),
                                "a delivered position is refused: " + error));
            }
        }

        @Override
        public CompletionStage<?> leaseLost() {
            check(!over, "a second last call");
            over = true;
            return later(() -> {});
        }

        @Override
        public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
            check(!over, "a second last call");
            return later(() -> {
                if (delivery.isManual()) {
                    declare(checkpointer, last);
                }
                over = true;
            });
        }

        @Override
        public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
            check(!over, "a second last call");
            over = true;
            return later(() -> {
                if (delivery.isManual()) {
                    declare(checkpointer, last);
                }
            });
        }

        private void misbehave() {
            if (troubles == Troubles.ALL) {
                switch (sim.random().nextInt(40)) {
                    case 0 -> throw new ProcessorBrokenException("broken on purpose", null);
                    case 1 ->
                        throw new RetryLaterException(
                                Duration.ofMillis(sim.random().nextInt(1_000)));
                    default -> {}
                }
            }
        }

        /** Runs {@code task} when the stage completes, a moment later; no other call of this lane may run meanwhile. */
        private CompletionStage<?> later(Runnable task) {
            ShardContext mine = requireNonNull(context);
            String lane = mine.shard() + "/" + mine.lane();
            check(busy.add(lane), "a call beside another one that is still running");
            CompletableFuture<Void> stage = new CompletableFuture<>();
            sim.at(Duration.ofMillis(sim.random().nextInt(200)), () -> {
                busy.remove(lane);
                try {
                    task.run();
                    stage.complete(null);
                } catch (ProcessorBrokenException | RetryLaterException | IllegalStateException wanted) {
                    over |= wanted instanceof ProcessorBrokenException;
                    stage.completeExceptionally(wanted);
                }
            });
            return stage;
        }

        private void check(boolean condition, String otherwise) {
            if (!condition) {
                throw new AssertionError("seed " + sim.seed() + ", " + context + ": " + otherwise);
            }
        }
    }

    /** Checks the outcome of a run. */
    void check() {
        String seed = "seed " + sim.seed() + " " + delivery;
        Set<StreamRecord> done = new HashSet<>(processed.keySet());
        done.addAll(letters);
        assertThat(done).as(seed).isEqualTo(put);
        assertThat(letters).as(seed).containsAll(poison);
        if (delivery.failures().isIsolating()) {
            assertThat(letters).as(seed).isEqualTo(poison);
        }
    }
}
