package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.SlowReaders;
import io.millrace.consumer.Warnings;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.mapping.EventSourceMapping;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Consumers of a {@linkplain MappingFunction function} in the manner of AWS Lambda, which fails in every way: some records cannot be
 * processed at all, others the filter leaves out, or fails at, and in some worlds nothing works for a minute and more. Leases move, by
 * plan and by force, and shards are paused and begin anew. How a world is made follows from its seed. After every event a checkpoint
 * covers only records that are left out by the filter, given up, or processed; with windows, processed in a state with which the last
 * call for their window has succeeded.
 */
final class MappingWorld extends ConsumerWorld implements LetterSink, AutoCloseable {
    private static final int RECORDS = 300;
    private static final Duration PUTS = Duration.ofSeconds(20);

    final EventSourceMapping mapping;
    final MappingMutation mutation;
    /** Good records fail now and then, too. */
    final boolean isMoody;

    private final boolean leavesOut;
    private final @Nullable Duration expiry;
    private final ConsumerParts parts;
    private final Warnings log = new Warnings("io.millrace.consumer");
    private int logSeen;
    private int leftOut;
    private Duration outageUntil = Duration.ZERO;

    final Set<StreamRecord> poison = new HashSet<>();
    final Set<StreamRecord> unwanted = new HashSet<>();
    /** Processed; with windows, and told in the last call of one. */
    final Set<StreamRecord> processed = new HashSet<>();
    /** Records that are in documents, or were told as left out. */
    final Set<StreamRecord> givenUp = new HashSet<>();

    private int windowsClosed;
    /** Lanes of which a call is running. */
    final Set<String> busy = new HashSet<>();
    /** The processors that were made last. */
    final Map<String, MappingFunction> functions = new HashMap<>();

    MappingWorld(long seed, MappingMutation mutation) {
        super(seed);
        this.mutation = mutation;
        this.leavesOut = dice(3) == 0;
        this.mapping = mapping();
        Duration age = mapping.maximumRecordAgeOrNull();
        Duration window = mapping.tumblingWindowOrNull();
        this.expiry = age == null || window == null ? age : age.plus(window);
        this.isMoody = dice(2) == 0;
        PollingSettings polling =
                PollingSettings.DEFAULT.withMaxRecordsPerBatch(1 + dice(30)).withReadAhead(2_000, 20_000);
        PollingSources sources = new PollingSources(
                new LateReaders(new SlowReaders(stream, sim, 5), sim), polling, loop, sim, common.meters, common.time);
        EventSourceMapping used = mutation.mapping(mapping);
        this.parts = common.of(
                this,
                mutation.sources(sources),
                new SlowUserCalls(sim, loop, 20),
                () -> new MappingFunction(this, used).processor(),
                mutation.delivery(used));
    }

    private EventSourceMapping mapping() {
        EventSourceMapping drawn = EventSourceMapping.DEFAULT
                .withBatchSize(1 + dice(15))
                .withMaximumBatchingWindow(Duration.ofSeconds(dice(3) == 0 ? 1 : 0))
                .withMaximumRetryAttempts(dice(4) - 1)
                .withBisectBatchOnFunctionError(dice(2) == 0)
                .withReportBatchItemFailures(dice(2) == 0);
        drawn = dice(2) == 0
                ? drawn.withTumblingWindow(Duration.ofSeconds(1 + dice(8)))
                : drawn.withParallelizationFactor(1 + dice(4));
        if (dice(3) == 0) {
            drawn = drawn.withMaximumRecordAge(Duration.ofSeconds(70 + dice(60)));
        }
        if (dice(3) > 0) {
            drawn = drawn.withFilter(this::isTaken);
        }
        return leavesOut ? drawn : drawn.withOnFailure(this);
    }

    private boolean isTaken(StreamRecord record) {
        String data = record.data().toUtf8();
        if (data.equals("hard")) {
            throw new IllegalStateException("cannot be filtered, on purpose");
        }
        return !data.equals("unwanted");
    }

    int dice(int sides) {
        return sim.random().nextInt(sides);
    }

    void run() {
        boolean mayHavePoison = mapping.maximumRetryAttempts() >= 0 || expiry != null;
        for (int i = 0; i < RECORDS; i++) {
            int number = i;
            sim.at(Duration.ofMillis(dice((int) PUTS.toMillis())), () -> put(number, mayHavePoison));
        }
        sim.at(Duration.ofSeconds(7), () -> stream.split(ShardId.of(0)));
        sim.at(Duration.ofSeconds(14), () -> stream.merge(ShardId.of(3), ShardId.of(1)));
        sim.at(Duration.ZERO, () -> loop.execute(this::direct));
        Duration troubles = PUTS.plusSeconds(5);
        if (expiry != null && dice(2) == 0) {
            troubles = expiry.plusSeconds(20);
            outageUntil = troubles.plusSeconds(dice(20));
        }
        for (int i = 0; i < 15; i++) {
            sim.at(Duration.ofMillis(dice((int) troubles.toMillis())), () -> loop.execute(this::disturb));
        }
        try {
            sim.run(PUTS.plusSeconds(5));
            sim.runUntil(() -> isAllReadOut(RECORDS), Duration.ofMinutes(30));
        } catch (AssertionError stuck) {
            throw new AssertionError(
                    stuck.getMessage() + "; " + mapping + ": "
                            + consumers.values().stream()
                                    .map(ShardConsumer::health)
                                    .toList(),
                    stuck);
        }
    }

    private void put(int number, boolean mayHavePoison) {
        int kind = dice(40);
        boolean isPoison = mayHavePoison && kind == 0;
        boolean isUnwanted = mapping.filterOrNull() != null && kind > 30;
        StreamRecord record =
                put(number, isPoison ? "poison" : isUnwanted ? "unwanted" : kind == 1 ? "hard" : "payload");
        if (isPoison) {
            poison.add(record);
        }
        if (isUnwanted) {
            unwanted.add(record);
        }
    }

    /** True while every call fails, as where what the function needs is down. */
    boolean isDown() {
        return sim.elapsed().compareTo(outageUntil) < 0 && sim.elapsed().compareTo(Duration.ofSeconds(5)) > 0;
    }

    private void disturb() {
        anyConsumer().ifPresent(consumer -> {
            switch (dice(4)) {
                case 0 -> consumer.drain(Duration.ofSeconds(8));
                case 1 -> {
                    consumer.pause(true);
                    loop.schedule(Duration.ofMillis(dice(2_000)), () -> consumer.pause(false));
                }
                case 2 -> consumer.restart();
                default -> takeByForce(consumer);
            }
        });
    }

    @Override
    ConsumerParts parts() {
        return parts;
    }

    @Override
    boolean isReadOut(ShardId shard) {
        return stream.recordsOf(shard).stream().allMatch(this::mayPass);
    }

    @Override
    boolean mayPass(StreamRecord record) {
        return unwanted.contains(record) || givenUp.contains(record) || processed.contains(record);
    }

    @Override
    boolean isWanted(StreamRecord record) {
        return !unwanted.contains(record);
    }

    int laneOf(StreamRecord record) {
        return Lanes.laneOf(record.partitionKey(), mapping.parallelizationFactor());
    }

    /** A record's age, by the stream's own clock. */
    private Duration age(StreamRecord record) {
        return Duration.between(record.arrival(), sim.clock().instant());
    }

    /** True if a worker that reads the stream must have seen that the record is too old. The last answer may have come late. */
    boolean mustBeTooOld(StreamRecord record) {
        return expiry != null && age(record).compareTo(expiry.plusSeconds(10)) > 0;
    }

    void windowClosed() {
        windowsClosed++;
    }

    // Records that are given up.

    @Override
    void observe() {
        while (logSeen < log.count()) {
            String line = log.line(logSeen++);
            List<StreamRecord> told = toldAsLeftOut(line, mapping.parallelizationFactor());
            if (!told.isEmpty()) {
                leftOut += told.size();
                giveUp(told, line.contains("; nothing, as its records threw") ? Reason.TOO_OLD : Reason.FAILED);
            }
        }
    }

    @Override
    public void write(List<Letter> letters) {
        throw new AssertionError("no reason is told");
    }

    @Override
    public void write(List<Letter> letters, Reason reason) throws Exception {
        if (dice(3) == 0) {
            throw new Exception("the sink is down on purpose");
        }
        giveUp(letters.stream().map(Letter::record).toList(), reason);
    }

    private void giveUp(List<StreamRecord> records, Reason reason) {
        StreamRecord first = records.get(0);
        ShardId shard = ShardId.of(first.sequenceNumber().parts().shardIndex());
        MappingFunction function = requireNonNull(functions.get(shard + "/" + laneOf(first)));
        boolean isAllOld = records.stream()
                .allMatch(record -> expiry != null && age(record).compareTo(expiry) >= 0);
        String complaint = reason == Reason.TOO_OLD && !isAllOld
                ? "given up as too old, which are not"
                : function.givesUp(records, reason);
        if (complaint != null) {
            throw new AssertionError("seed " + sim.seed() + " " + mapping + ": " + reason + ", " + records.size()
                    + " records from " + first.position() + " on: " + complaint);
        }
        givenUp.addAll(records);
    }

    /** Checks the outcome of a run. */
    void check() {
        String seed = "seed " + sim.seed() + " " + mapping;
        assertThat(put).as(seed).allMatch(this::mayPass);
        assertThat(common.meters
                        .counter("millrace.records.skipped", "stream", STREAM.value())
                        .count())
                .as(seed)
                .isEqualTo(leftOut);
        assertThat(leftOut == 0 || leavesOut).as(seed).isTrue();
        assertThat(givenUp).as(seed).containsAll(poison);
        if (mapping.bisectBatchOnFunctionError() && !isMoody && expiry == null) {
            assertThat(givenUp).as(seed).isEqualTo(poison);
        }
        // If nothing works for a minute, no window may be left that is not too old.
        assertThat(windowsClosed > 0 || mapping.tumblingWindowOrNull() == null || expiry != null)
                .as(seed)
                .isTrue();
    }

    @Override
    public void close() {
        log.close();
    }
}
