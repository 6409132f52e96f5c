package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.SlowReaders;
import io.millrace.consumer.Warnings;
import io.millrace.consumer.delivery.Batching;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.health.WorkerHealth.ShardHealth;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Consumers with lanes, policies, manual checkpoints and {@linkplain DeliveryProcessor processors} that fail in every way; some
 * records cannot be processed at all. Leases move, by plan and by force, shards are paused and begin anew, and where a policy stops
 * a shard or the worker, somebody looks after it, and now and then mends what failed. How a world is made follows from its seed.
 * After every event a checkpoint covers only records that are processed, declared or given up; each lane gets its records in order;
 * and what is given up was told, and is exactly what {@link LaneJudge} allows.
 */
final class DeliveryWorld extends ConsumerWorld implements LetterSink, AutoCloseable {
    private static final int RECORDS = 400;
    final DeliverySettings delivery;
    final GivingUp givingUp;
    final Troubles troubles;
    final DeliveryMutation mutation;
    /** Good records fail now and then, too. */
    final boolean isMoody;

    private final ConsumerParts parts;
    private final Warnings log = new Warnings("io.millrace.consumer.shard.Lane");
    private int logSeen;
    final Set<StreamRecord> poison = new HashSet<>();
    final Map<StreamRecord, Integer> processed = new HashMap<>();
    final Set<StreamRecord> declared = new HashSet<>();
    /** Records that are letters, or were told as left out. */
    final Set<StreamRecord> givenUp = new HashSet<>();

    private int leftOut;
    /** Lanes of which a call is running. */
    final Set<String> busy = new HashSet<>();
    /** The processors that were made last. */
    final Map<String, DeliveryProcessor> processors = new HashMap<>();

    private boolean isStopping;

    /** Says what goes wrong besides poison. */
    enum Troubles {
        /** Nothing, and leases only move by plan. */
        NONE,
        /** Everything. */
        ALL
    }

    DeliveryWorld(long seed, Troubles troubles, DeliveryMutation mutation) {
        super(seed);
        this.troubles = troubles;
        this.mutation = mutation;
        this.givingUp = givingUp();
        this.isMoody = troubles == Troubles.ALL && sim.random().nextBoolean();
        this.delivery = settings();
        PollingSettings polling = PollingSettings.DEFAULT
                .withMaxRecordsPerBatch(1 + sim.random().nextInt(30))
                .withReadAhead(2_000, 20_000);
        PollingSources sources =
                new PollingSources(new SlowReaders(stream, sim, 5), polling, loop, sim, common.meters, common.time);
        this.parts = common.of(
                this,
                mutation == DeliveryMutation.NONE ? sources : mutation.sources(sources),
                mutation.calls(new SlowUserCalls(sim, loop, 20)),
                mutation.processors(() -> new DeliveryProcessor(this)),
                delivery);
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
                .withFailures(mutation.givingUp(givingUp).policy(mutation.sink(this)));
    }

    /** All of them give up at last, for there is poison. */
    private GivingUp givingUp() {
        FailurePolicy.Then then = List.of(
                        FailurePolicy.Then.LETTER,
                        FailurePolicy.Then.LETTER,
                        FailurePolicy.Then.SKIP,
                        FailurePolicy.Then.STOP_SHARD,
                        FailurePolicy.Then.STOP_WORKER)
                .get(sim.random().nextInt(5));
        boolean mayBeTimed = then == FailurePolicy.Then.LETTER || then == FailurePolicy.Then.SKIP;
        return switch (sim.random().nextInt(mayBeTimed ? 4 : 2)) {
            case 0 -> GivingUp.after(2, true, then);
            case 1 -> GivingUp.after(3, false, then);
            case 2 -> new GivingUp(Integer.MAX_VALUE, Duration.ofSeconds(2), null, true, then);
            default -> new GivingUp(3, null, Duration.ofSeconds(30), false, then);
        };
    }

    void run() {
        for (int i = 0; i < RECORDS; i++) {
            int number = i;
            boolean bad = sim.random().nextInt(40) == 0 && troubles == Troubles.ALL;
            sim.at(Duration.ofMillis(sim.random().nextInt(20_000)), () -> {
                StreamRecord record = put(number, bad ? "poison" : "payload");
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
        if (mayStop()) {
            sim.at(Duration.ofSeconds(1), () -> loop.execute(this::lookAfterTheStopped));
        }
        try {
            sim.run(Duration.ofSeconds(25));
            sim.runUntil(() -> isAllReadOut(RECORDS), Duration.ofMinutes(30));
        } catch (AssertionError stuck) {
            List<ShardHealth> shards =
                    consumers.values().stream().map(ShardConsumer::health).toList();
            throw new AssertionError(stuck.getMessage() + "; " + delivery + ": " + shards, stuck);
        }
    }

    @Override
    ConsumerParts parts() {
        return parts.withTurns(mutation.turns(parts.turns()));
    }

    @Override
    boolean isReadOut(ShardId shard) {
        return stream.recordsOf(shard).stream()
                .allMatch(record -> processed.containsKey(record) || givenUp.contains(record));
    }

    @Override
    boolean mayPass(StreamRecord record) {
        return givenUp.contains(record)
                || (delivery.isManual() ? declared.contains(record) : processed.containsKey(record));
    }

    @Override
    void ended(ShardId shard) {
        for (int lane = 0; lane < delivery.lanes(); lane++) {
            DeliveryProcessor last = processors.get(shard + "/" + lane);
            if (last == null || !last.hasTakenTheEnd()) {
                throw new AssertionError(
                        "seed " + sim.seed() + ": " + shard + " ended, lane " + lane + " has not taken that");
            }
        }
    }

    @Override
    public void over(ShardConsumer consumer, ConsumerEnd end) {
        super.over(consumer, end);
        long epoch = consumer.lease().epoch();
        if (!(end instanceof ConsumerEnd.Ended)
                && processors.values().stream().anyMatch(processor -> processor.wasNotTold(epoch))) {
            throw new AssertionError("seed " + sim.seed() + ": " + consumer.lease() + " is over, " + end
                    + ", and a processor was not told");
        }
    }

    private void disturb() {
        anyConsumer().ifPresent(consumer -> {
            switch (troubles == Troubles.NONE ? 0 : sim.random().nextInt(4)) {
                case 0 -> consumer.drain(Duration.ofSeconds(8));
                case 1 -> {
                    consumer.pause(true);
                    loop.schedule(Duration.ofMillis(sim.random().nextInt(2_000)), () -> consumer.pause(false));
                }
                case 2 -> consumer.restart();
                default -> takeByForce(consumer);
            }
        });
    }

    // Records that are given up.

    @Override
    void observe() {
        while (logSeen < log.count()) {
            List<StreamRecord> told = toldAsLeftOut(log.line(logSeen++), delivery.lanes());
            if (!told.isEmpty()) {
                leftOut += told.size();
                giveUp(told, FailurePolicy.Then.SKIP);
            }
        }
    }

    int laneOf(StreamRecord record) {
        return Lanes.laneOf(record.partitionKey(), delivery.lanes());
    }

    @Override
    public void write(List<Letter> given) throws Exception {
        List<StreamRecord> records = given.stream().map(Letter::record).toList();
        if (troubles == Troubles.ALL && sim.random().nextInt(3) == 0) {
            throw new Exception("the sink is down on purpose");
        }
        giveUp(records, FailurePolicy.Then.LETTER);
    }

    private void giveUp(List<StreamRecord> records, FailurePolicy.Then how) {
        StreamRecord first = records.get(0);
        ShardId shard = ShardId.of(first.sequenceNumber().parts().shardIndex());
        DeliveryProcessor processor = requireNonNull(processors.get(shard + "/" + laneOf(first)));
        if (givingUp.then() != how || !processor.mayGiveUp(records)) {
            throw new AssertionError("seed " + sim.seed() + " " + delivery + ": " + how + " of " + records.size()
                    + " records from " + first.position() + " on, which the policy does not give up");
        }
        givenUp.addAll(records);
    }

    // Shards and workers that are stopped.

    private boolean mayStop() {
        return givingUp.then() == FailurePolicy.Then.STOP_SHARD || givingUp.then() == FailurePolicy.Then.STOP_WORKER;
    }

    /** Somebody sees shards that are stopped, and lets them begin anew or move; every other time what failed is mended before. */
    private void lookAfterTheStopped() {
        for (ShardConsumer consumer : new ArrayList<>(consumers.values())) {
            if (consumer.health().state() == ShardPhase.STOPPED && givingUp.then() == FailurePolicy.Then.STOP_SHARD) {
                checkStopIsDue(consumer.lease().key().shard() + "/");
                if (sim.random().nextInt(10) == 0) {
                    mendSometimes();
                    if (sim.random().nextBoolean()) {
                        consumer.restart();
                    } else {
                        consumer.drain(Duration.ofSeconds(8));
                    }
                }
            }
        }
        loop.schedule(Duration.ofMillis(200), this::lookAfterTheStopped);
    }

    private void mendSometimes() {
        if (sim.random().nextBoolean()) {
            poison.clear();
        }
    }

    private void checkStopIsDue(String lanes) {
        if (processors.entrySet().stream()
                .noneMatch(entry ->
                        entry.getKey().startsWith(lanes) && entry.getValue().mustStop())) {
            throw new AssertionError("seed " + sim.seed() + " " + delivery + ": stops without a reason");
        }
    }

    /** The worker gives all its shards back. The next one is started a while after. */
    @Override
    public void stopWorker(String reason) {
        if (givingUp.then() != FailurePolicy.Then.STOP_WORKER) {
            throw new AssertionError("seed " + sim.seed() + ": the worker stops: " + reason);
        }
        checkStopIsDue("");
        if (mutation.tellsOfStops() && !isStopping) {
            isStopping = true;
            loop.execute(() -> List.copyOf(consumers.values()).forEach(shard -> shard.drain(Duration.ofSeconds(8))));
            loop.schedule(Duration.ofMillis(500), this::startAgain);
        }
    }

    private void startAgain() {
        if (consumers.isEmpty()) {
            mendSometimes();
            isStopping = false;
        } else {
            loop.schedule(Duration.ofMillis(500), this::startAgain);
        }
    }

    @Override
    boolean takesLeases() {
        return !isStopping;
    }

    /** Checks the outcome of a run. */
    void check() {
        String seed = "seed " + sim.seed() + " " + delivery;
        Set<StreamRecord> done = new HashSet<>(processed.keySet());
        done.addAll(givenUp);
        assertThat(done).as(seed).isEqualTo(put);
        assertThat(common.meters
                        .counter("millrace.records.skipped", "stream", STREAM.value())
                        .count())
                .as(seed)
                .isEqualTo(leftOut);
        if (mayStop()) {
            assertThat(givenUp).as(seed).isEmpty();
        } else {
            assertThat(givenUp).as(seed).containsAll(poison);
            if (givingUp.isolates() && !isMoody) {
                assertThat(givenUp).as(seed).isEqualTo(poison);
            }
        }
    }

    @Override
    public void close() {
        log.close();
    }
}
