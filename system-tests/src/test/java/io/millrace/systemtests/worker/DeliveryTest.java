package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.checkpoint.PreparedCheckpoint;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.WorkerException;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSinks;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.Bytes;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import io.millrace.systemtests.process.Waiting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Failure policies, lanes, asynchronous processors and manual checkpoints of workers that read from the real server. */
@Timeout(90)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeliveryTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int RECORDS = 10_000;
    private static final int POISON = 4_711;

    private Services services;

    @BeforeAll
    void startServices(@TempDir Path folder) {
        services = new Services(folder);
    }

    @AfterAll
    void stopServices() {
        services.close();
    }

    /** Throws at one record, before it has taken any of its batch. */
    private static RecordProcessor poisoned(Ledger ledger) {
        RecordProcessor takes = ledger.processor();
        return batch -> {
            if (batch.records().stream().anyMatch(DeliveryTest::isPoison)) {
                throw new IllegalStateException("cannot read this one");
            }
            takes.processRecords(batch);
        };
    }

    private static boolean isPoison(StreamRecord record) {
        return record.data().toUtf8().equals(Integer.toString(POISON));
    }

    private WorkerBuilder worker(String stream, RecordProcessor processor) throws Exception {
        services.createStream(stream, 2);
        return services.worker(stream, () -> processor);
    }

    @Test
    void poisonRecordIsWrittenAsALetterAndNothingElseIs(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("letters.jsonl");
        Ledger ledger = new Ledger();
        try (Worker worker = worker("lettered", poisoned(ledger))
                .onFailure(FailurePolicy.tries(2).isolating().thenLetter(LetterSinks.file(file)))
                .build()) {
            worker.start();
            services.put("lettered", 0, RECORDS, 50);
            ledger.await(RECORDS - 1, PATIENCE);
            Waiting.until(() -> lines(file).size() == 1);
        }
        Letter letter = Letter.parse(lines(file).iterator().next());
        assertThat(isPoison(letter.record())).isTrue();
        assertThat(letter.attempts()).isGreaterThan(2);
        assertThat(letter.error()).contains("IllegalStateException at ").doesNotContain("cannot read");
        assertThat(ledger.duplicates()).isZero();
        assertThat(ledger.disorders()).isZero();
    }

    @Test
    void poisonRecordIsLeftOutAndCounted() throws Exception {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        Ledger ledger = new Ledger();
        try (Worker worker = worker("skipped", poisoned(ledger))
                .meterRegistry(meters)
                .onFailure(FailurePolicy.tries(2).isolating().thenSkip())
                .build()) {
            worker.start();
            services.put("skipped", 0, RECORDS, 50);
            ledger.await(RECORDS - 1, PATIENCE);
            assertThat(meters.get("millrace.records.skipped").counter().count()).isOne();
            assertThat(worker.health().healthy()).isTrue();
        }
        assertThat(ledger.disorders()).isZero();
    }

    @Test
    void shardThatThePolicyStopsGoesOnWhereItWasOnceItIsRestarted() throws Exception {
        Ledger ledger = new Ledger();
        RecordProcessor takes = ledger.processor();
        CountDownLatch mended = new CountDownLatch(1);
        RecordProcessor processor = batch -> {
            if (mended.getCount() > 0 && batch.records().stream().anyMatch(DeliveryTest::isPoison)) {
                throw new IllegalStateException("a bug");
            }
            takes.processRecords(batch);
        };
        try (Worker worker = worker("stopped", processor)
                .onFailure(FailurePolicy.tries(3).thenStopShard())
                .build()) {
            worker.start();
            services.put("stopped", 0, RECORDS, 50);
            Waiting.until(() -> phases(worker).contains(ShardPhase.STOPPED));
            assertThat(worker.health().healthy()).isFalse();
            assertThat(ledger.size()).isLessThan(RECORDS);
            mended.countDown();
            ShardId stopped = worker.health().shards().stream()
                    .filter(shard -> shard.state() == ShardPhase.STOPPED)
                    .findFirst()
                    .orElseThrow()
                    .shard();
            worker.restart("stopped", stopped);
            ledger.await(RECORDS, PATIENCE);
            assertThat(worker.health().healthy()).isTrue();
        }
        assertThat(ledger.disorders()).isZero();
    }

    @Test
    void workerThatThePolicyEndsSaysWhyAndTheNextOneGoesOnAtThePoison() throws Exception {
        Ledger ledger = new Ledger();
        try (Worker worker = worker("ended", poisoned(ledger))
                .onFailure(FailurePolicy.tries(3).thenStopWorker())
                .build()) {
            services.put("ended", 0, RECORDS, 50);
            assertThatThrownBy(worker::run)
                    .isInstanceOf(WorkerException.class)
                    .hasMessageContaining("has failed 3 times in a row")
                    .hasMessageNotContaining("cannot read");
        }
        int before = ledger.size();
        assertThat(before).isLessThan(RECORDS);
        try (Worker worker = services.worker("ended", ledger::processor).build()) {
            worker.start();
            ledger.await(RECORDS, PATIENCE);
        }
        assertThat(ledger.duplicates())
                .as("what was processed is checkpointed when the worker ends")
                .isZero();
    }

    @Test
    void lanesWorkAtOnceAndKeepTheOrderOfEachKey() throws Exception {
        Ledger ledger = new Ledger();
        RecordProcessor takes = ledger.processor();
        CountDownLatch together = new CountDownLatch(5);
        RecordProcessor processor = batch -> {
            together.countDown();
            assertThat(together.await(60, TimeUnit.SECONDS))
                    .as("five calls at once, of two shards")
                    .isTrue();
            takes.processRecords(batch);
        };
        try (Worker worker = worker("laned", processor).lanes(8).build()) {
            worker.start();
            services.put("laned", 0, RECORDS, 50);
            ledger.await(RECORDS, PATIENCE);
        }
        assertThat(ledger.duplicates()).isZero();
        assertThat(ledger.disorders()).isZero();
        try (Worker worker = services.worker("laned", ledger::processor).build()) {
            worker.start();
            services.put("laned", RECORDS, RECORDS + 1, 50);
            ledger.await(RECORDS + 1, PATIENCE);
        }
        assertThat(ledger.duplicates()).as("all was checkpointed").isZero();
    }

    @Test
    void asynchronousProcessorsHoldNoThreadAndCheckpointByHand() throws Exception {
        Ledger ledger = new Ledger();
        RecordProcessor takes = ledger.processor();
        services.createStream("async", 2);
        Set<String> threads = new ConcurrentSkipListSet<>();
        ExecutorService elsewhere = Executors.newSingleThreadExecutor();
        AsyncRecordProcessor processor = new AsyncRecordProcessor() {
            @Override
            public CompletionStage<?> processRecords(RecordBatch batch) {
                return CompletableFuture.runAsync(() -> take(batch), elsewhere)
                        .thenCompose(done -> batch.checkpointer().checkpointAsync())
                        .whenComplete((saved, error) ->
                                threads.add(Thread.currentThread().getName()));
            }

            private void take(RecordBatch batch) {
                try {
                    takes.processRecords(batch);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        try (Worker worker = services.worker("async", Ledger.none())
                .asyncProcessor(() -> processor)
                .checkpoints(CheckpointMode.MANUAL)
                .build()) {
            worker.start();
            services.put("async", 0, RECORDS, 50);
            ledger.await(RECORDS, PATIENCE);
        } finally {
            elsewhere.shutdown();
            assertThat(elsewhere.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(threads).as("users' stages").noneMatch(name -> name.startsWith("millrace-worker"));
        assertThat(ledger.duplicates()).isZero();
        try (Worker worker = services.worker("async", ledger::processor).build()) {
            worker.start();
            services.put("async", RECORDS, RECORDS + 1, 50);
            ledger.await(RECORDS + 1, PATIENCE);
        }
        assertThat(ledger.duplicates()).as("the last batch at most").isLessThanOrEqualTo(2_000);
    }

    @Test
    void preparedCheckpointIsFoundByTheNextOwnerAndEndsWhenItIsCommitted() throws Exception {
        services.createStream("prepared", 1);
        CountDownLatch prepared = new CountDownLatch(1);
        RecordProcessor dies = batch -> {
            batch.checkpointer().prepare(batch.lastRecord().position(), Bytes.utf8("transfer 9"));
            prepared.countDown();
            throw new IllegalStateException("it is not known whether the transfer was made");
        };
        try (Worker worker = services.worker("prepared", () -> dies).build()) {
            worker.start();
            services.put("prepared", 0, 10, 3);
            assertThat(prepared.await(60, TimeUnit.SECONDS)).isTrue();
        }
        Ledger ledger = new Ledger();
        RecordProcessor takes = ledger.processor();
        BlockingQueue<String> states = new LinkedBlockingQueue<>();
        CountDownLatch committed = new CountDownLatch(1);
        RecordProcessor ends = new RecordProcessor() {
            @Override
            public void initialize(ShardContext shard) {
                states.add(
                        shard.pending().map(pending -> pending.state().toUtf8()).orElse("nothing"));
            }

            @Override
            public void processRecords(RecordBatch batch) throws Exception {
                takes.processRecords(batch);
                PreparedCheckpoint next =
                        batch.checkpointer().prepare(batch.lastRecord().position(), Bytes.utf8("transfer 10"));
                next.commit();
                committed.countDown();
            }
        };
        try (Worker worker = services.worker("prepared", () -> ends).build()) {
            worker.start();
            ledger.await(10, PATIENCE);
            assertThat(committed.await(60, TimeUnit.SECONDS)).isTrue();
        }
        try (Worker worker = services.worker("prepared", () -> ends).build()) {
            worker.start();
            services.put("prepared", 10, 20, 3);
            ledger.await(20, PATIENCE);
        }
        assertThat(states).containsExactly("transfer 9", "nothing");
        assertThat(ledger.duplicates()).isZero();
    }

    @Test
    void pausedStreamHandsOutNothingUntilItIsResumed() throws Exception {
        Ledger ledger = new Ledger();
        try (Worker worker = worker("paused", ledger.processor()).build()) {
            worker.start();
            services.put("paused", 0, 100, 50);
            ledger.await(100, PATIENCE);
            worker.pause("paused");
            Waiting.until(() -> phases(worker).equals(Set.of(ShardPhase.PAUSED)));
            services.put("paused", 100, 200, 50);
            // What is read meanwhile is not handed out: the other application is through with it, this one is not.
            Ledger other = new Ledger();
            try (Worker beside = services.workerOf("beside", other::processor).stream("paused")
                    .build()) {
                beside.start();
                other.await(200, PATIENCE);
            }
            assertThat(ledger.size()).isEqualTo(100);
            worker.resume();
            ledger.await(200, PATIENCE);
        }
        assertThat(ledger.duplicates()).isZero();
        assertThat(ledger.disorders()).isZero();
    }

    private static Set<ShardPhase> phases(Worker worker) {
        return worker.health().shards().stream()
                .map(shard -> shard.state())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> lines(Path file) {
        try {
            return Files.exists(file) ? new TreeSet<>(Files.readAllLines(file)) : Set.of();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
