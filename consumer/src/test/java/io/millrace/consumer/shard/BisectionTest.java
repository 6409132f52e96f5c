package io.millrace.consumer.shard;

import static io.millrace.consumer.shard.ConsumerBench.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.Warnings;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.fanout.SourceBatch;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The policies that event source mappings add: halves at the first failure, records that are too old, and filters. */
class BisectionTest {
    private static final DeliverySettings PLAIN = DeliverySettings.DEFAULT;
    private final RuntimeException thrown = new IllegalStateException("thrown on purpose");
    private final List<String> written = new ArrayList<>();

    private final LetterSink sink = new LetterSink() {
        @Override
        public void write(List<Letter> letters) {
            throw new AssertionError("the reason is not told");
        }

        @Override
        public void write(List<Letter> letters, Reason reason) {
            written.add(reason + " "
                    + letters.stream()
                            .map(letter -> letter.record().sequenceNumber().toString())
                            .toList());
        }
    };

    @Test
    void batchThatFailsComesInHalvesAndOneRecordAloneUsesUpTries() {
        ConsumerBench bench = bench(FailurePolicy.tries(2).bisecting().thenLetter(sink));
        bench.give(1, 5);

        assertThat(run(bench, Set.of(4)))
                .containsExactly("[1, 2, 3, 4, 5]", "[1, 2]", "[3, 4, 5]", "[3]", "[4, 5]", "[4]", "[4]", "[5]");
        assertThat(written).containsExactly("FAILED [4]");
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(5)));
    }

    @Test
    void secondHalfIsNotHalvedBeforeItHasFailed() {
        ConsumerBench bench = bench(FailurePolicy.bisecting().thenSkip());
        bench.give(1, 4);
        assertThat(run(bench, Set.of(1), 3)).containsExactly("[1, 2, 3, 4]", "[1, 2]", "[1]");
        bench.returnFrom("processRecords");
        assertThat(run(bench, Set.of())).containsExactly("[2]", "[3, 4]");
    }

    @Test
    void withoutALimitNothingIsEverGivenUp() {
        ConsumerBench bench = bench(FailurePolicy.bisecting().thenSkip());
        bench.give(1, 2);
        assertThat(run(bench, Set.of(1), 20)).hasSize(20).endsWith("[1]", "[1]");
        assertThat(bench.lease.row.checkpoint).isEqualTo(bench.lease.checkpoint());
    }

    @Test
    void restOfABatchThatWasProcessedInPartComesWholeAndIsHalvedIfItFailsWithoutAStep() {
        ConsumerBench bench = bench(FailurePolicy.tries(2).bisecting().thenLetter(sink));
        bench.give(1, 6);
        ConsumerBench.Call call = bench.call("processRecords");
        assertThat(bench.declare(call.checkpointer(), 2)).isCompleted();
        bench.threw(call, thrown);
        bench.sim.run(Duration.ofSeconds(1));

        assertThat(run(bench, Set.of(3))).containsExactly("[3, 4, 5, 6]", "[3, 4]", "[3]", "[3]", "[4]", "[5, 6]");
        assertThat(written).containsExactly("FAILED [3]");
    }

    @Test
    void recordsThatAreTooOldAreGivenUpBeforeTheyAreHandedOut() {
        ConsumerBench bench = bench(FailurePolicy.expired(Duration.ofMinutes(1)).thenLetter(sink));
        bench.time.observe(List.of(record(1, 0)), 90_000);
        bench.on(() -> bench.source().listener().batch(batch(record(1, 0), record(2, 20), record(3, 60))));

        assertThat(run(bench, Set.of())).containsExactly("[3]");
        assertThat(written).containsExactly("TOO_OLD [1, 2]");
    }

    @Test
    void recordThatGrowsTooOldWhileItFailsIsGivenUp() {
        ConsumerBench bench = bench(FailurePolicy.expired(Duration.ofMinutes(1)).thenSkip());
        bench.time.observe(List.of(record(1, 0)), 0);
        bench.on(() -> bench.source().listener().batch(batch(record(1, 0), record(2, 59))));
        List<String> calls = run(bench, Set.of(1));

        assertThat(calls).startsWith("[1, 2]", "[1, 2]").endsWith("[1, 2]", "[2]");
        bench.sim.run(Duration.ofSeconds(2));
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(2)));
    }

    @Test
    void longBacklogThatIsTooOldIsLeftBehindWithoutEnd() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withFailures(
                                FailurePolicy.expired(Duration.ofMinutes(1)).thenSkip())
                        .withBatching(PLAIN.batching().withRecords(1)))
                .begin();
        bench.time.observe(List.of(record(1, 0)), 3_600_000);
        bench.give(1, 9_000);
        bench.sim.run(Duration.ofSeconds(2));

        assertThat(bench.calls).isEmpty();
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(9_000)));
    }

    @Test
    void recordsThatTheFilterLeavesOutCountAsProcessedAndTheOthersFillBatches() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withFilter(
                                record -> Long.parseLong(record.sequenceNumber().toString()) % 3 == 0)
                        .withBatching(PLAIN.batching().withRecords(2)))
                .begin();
        bench.give(1, 10);
        assertThat(run(bench, Set.of())).containsExactly("[3, 6]", "[9]");
        bench.give(11, 11);
        bench.sim.run(Duration.ofSeconds(2));
        assertThat(bench.calls).isEmpty();
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(11)));
    }

    /** Windows declare by themselves, as a processor with manual checkpoints does; a filter must not hold the checkpoint for that. */
    @Test
    void manualCheckpointPassesWhatTheFilterLeavesOutAndNothingThatIsNotDeclared() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withCheckpoints(CheckpointMode.MANUAL)
                        .withFilter(record -> record.sequenceNumber().toString().endsWith("5")))
                .begin();
        bench.give(1, 4);
        bench.sim.run(Duration.ofSeconds(2));
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(4)));

        bench.give(5, 8);
        ConsumerBench.Call call = bench.call("processRecords");
        bench.returned(call);
        bench.give(9, 11);
        bench.sim.run(Duration.ofSeconds(2));
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(4)));

        assertThat(bench.declare(call.checkpointer(), 5)).isCompleted();
        bench.sim.run(Duration.ofSeconds(2));
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(11)));

        bench.give(12, 15);
        bench.returnFrom("processRecords");
        bench.on(bench.consumer::restart);
        bench.returnFrom("leaseLost");
        bench.sim.run(Duration.ofSeconds(1));
        bench.returnFrom("initialize");
        bench.sim.run(Duration.ofSeconds(2));
        assertThat(bench.lease.row.checkpoint).as("15 comes again").isEqualTo(Checkpoint.processed(at(11)));
    }

    @Test
    void filterThatThrowsLeavesNothingOut() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withFilter(record -> {
                    throw thrown;
                }))
                .begin();
        bench.give(1, 2);
        assertThat(run(bench, Set.of())).containsExactly("[1, 2]");
    }

    /** Of a batch, those that it fails at are handed out, and the others as it says. */
    @Test
    void recordAtWhichTheFilterThrowsIsHandedOutAndTold() {
        try (Warnings log = new Warnings(ShardReading.class.getName())) {
            ConsumerBench bench = new ConsumerBench(PLAIN.withFilter(record -> {
                        if (record.sequenceNumber().toString().equals("2")) {
                            throw thrown;
                        }
                        return record.sequenceNumber().toString().equals("4");
                    }))
                    .begin();
            bench.give(1, 5);
            assertThat(run(bench, Set.of())).containsExactly("[2, 4]");
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("the filter threw at 1 of 5 records, which are not left out");
        }
    }

    /** Reads go on while records are with the filter: one that finds nothing then says nothing of what the processor has. */
    @Test
    void readThatFindsNothingWhileRecordsAreFilteredIsNotHandedOut() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withFilter(record -> true)
                        .withBatching(PLAIN.batching().withEmpty(true)))
                .begin();
        bench.on(() -> {
            bench.source().listener().batch(batch(record(1, 0)));
            bench.source().listener().idle(0, Instant.EPOCH);
        });
        assertThat(run(bench, Set.of())).containsExactly("[1]");
    }

    /** Behind a batch that fails records grow old; they are given up by themselves, as too old, when their turn comes. */
    @Test
    void recordsThatWaitBehindABatchThatFailsAreGivenUpOnceTheyAreTooOld() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withFailures(
                                FailurePolicy.expired(Duration.ofMinutes(1)).thenLetter(sink))
                        .withBatching(PLAIN.batching().withRecords(2)))
                .begin();
        bench.time.observe(List.of(record(0, 0)), 0);
        bench.give(1, 3);
        Duration begun = bench.sim.elapsed();
        while (written.isEmpty()) {
            assertThat(bench.sim.elapsed().minus(begun)).isLessThan(Duration.ofMinutes(2));
            bench.sim.run(Duration.ofSeconds(1));
            if (!bench.calls.isEmpty()) {
                ConsumerBench.Call call = bench.call("processRecords");
                assertThat(call.records()).containsExactly(1, 2);
                bench.threw(call, thrown);
            }
        }
        bench.sim.run(Duration.ofSeconds(1));

        assertThat(written).containsExactly("TOO_OLD [1, 2]", "TOO_OLD [3]");
        assertThat(bench.calls).isEmpty();
        bench.sim.run(Duration.ofSeconds(2));
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(3)));
    }

    @Test
    void recordsThatAreFilteredWhileTheShardBeginsAnewComeFromTheNextSourceAlone() {
        ConsumerBench bench =
                new ConsumerBench(PLAIN.withCheckpoints(CheckpointMode.MANUAL).withFilter(record -> true)).begin();
        bench.loop.execute(() -> bench.source().listener().batch(batch(record(1, 0))));
        bench.loop.execute(bench.consumer::restart);
        bench.sim.run(Duration.ofSeconds(1));
        bench.returnFrom("leaseLost");
        bench.sim.run(Duration.ofSeconds(1));
        bench.returnFrom("initialize");
        assertThat(bench.calls).isEmpty();
        bench.give(1, 1);
        assertThat(run(bench, Set.of())).containsExactly("[1]");
    }

    private static ConsumerBench bench(FailurePolicy policy) {
        return new ConsumerBench(PLAIN.withFailures(policy)).begin();
    }

    private List<String> run(ConsumerBench bench, Set<Integer> poison) {
        return run(bench, poison, Integer.MAX_VALUE);
    }

    /** Calls fail that have a poisonous record; the last of {@code most} stays under way. */
    private List<String> run(ConsumerBench bench, Set<Integer> poison, int most) {
        List<String> seen = new ArrayList<>();
        while (!bench.calls.isEmpty()) {
            ConsumerBench.Call call = bench.call("processRecords");
            seen.add(call.records().toString());
            if (seen.size() == most) {
                return seen;
            }
            if (call.records().stream().anyMatch(poison::contains)) {
                bench.threw(call, thrown);
            } else {
                bench.returned(call);
            }
            bench.sim.run(Duration.ofSeconds(3));
        }
        return seen;
    }

    private static SourceBatch batch(StreamRecord... records) {
        return new SourceBatch(List.of(records), 0);
    }

    private static StreamRecord record(int number, int seconds) {
        return new StreamRecord(at(number), "key", Bytes.utf8("x"), Instant.EPOCH.plusSeconds(seconds));
    }
}
