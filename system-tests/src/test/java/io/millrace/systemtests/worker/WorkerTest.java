package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.WorkerException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.model.StreamRecord;
import io.millrace.producer.Producer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorkerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String MIDDLE_OF_FIRST_OF_TWO = "85070591730234615865843651857942052864";

    private Services services;

    @BeforeAll
    void startServices(@TempDir Path folder) {
        services = new Services(folder);
    }

    @AfterAll
    void stopServices() {
        services.close();
    }

    @Test
    void twoWorkersShareFourShardsAndOneThatClosesLeavesItsShardsToTheOther() throws Exception {
        services.createStream("shared", 4);
        Ledger ledger = new Ledger();
        CountDownLatch twoEach = new CountDownLatch(2);
        try (Worker one = services.worker("shared", ledger::processor)
                        .workerName("one")
                        .build();
                Worker two = services.worker("shared", ledger::processor)
                        .workerName("two")
                        .listener(event -> {
                            if (event instanceof WorkerEvent.LeaseTaken) {
                                twoEach.countDown();
                            }
                        })
                        .build()) {
            one.start();
            services.put("shared", 0, 1_000, 50);
            ledger.await(1_000, PATIENCE);
            two.start();
            assertThat(twoEach.await(40, TimeUnit.SECONDS)).isTrue();
            services.put("shared", 1_000, 2_000, 50);
            ledger.await(2_000, PATIENCE);
            assertThat(one.health().shards()).hasSize(2);
            assertThat(two.health().shards()).hasSize(2);

            assertThat(one.closeAsync(Duration.ofSeconds(20)).get(30, TimeUnit.SECONDS))
                    .isEmpty();
            assertThat(one.health().running()).isFalse();
            services.put("shared", 2_000, 3_000, 50);
            ledger.await(3_000, PATIENCE);
            assertThat(two.health().shards()).hasSize(4);
            assertThat(two.health().healthy()).isTrue();
        }
        assertThat(ledger.duplicates())
                .as("a planned move processes nothing twice")
                .isZero();
        assertThat(ledger.disorders()).isZero();
        assertThat(ledger.shards()).hasSize(4);
    }

    @Test
    void aggregatesOfAnOrderedProducerComeInOrderThroughASplit() throws Exception {
        services.createStream("produced", 2);
        Ledger ledger = new Ledger();
        try (Worker worker = services.worker("produced", ledger::processor).build();
                Producer producer = Producer.builder().stream("produced")
                        .kinesisClient(services.kinesis)
                        .ordered()
                        .aggregates(2_000)
                        .build()) {
            worker.start();
            for (int n = 0; n < 2_000; n++) {
                producer.send("key-" + n % 50, Integer.toString(n).getBytes(StandardCharsets.UTF_8));
            }
            ledger.await(1, PATIENCE);
            services.split("produced", "shardId-000000000000", MIDDLE_OF_FIRST_OF_TWO);
            for (int n = 2_000; n < 4_000; n++) {
                producer.send("key-" + n % 50, Integer.toString(n).getBytes(StandardCharsets.UTF_8));
            }
            assertThat(producer.close(Duration.ofSeconds(20))).isEmpty();
            ledger.await(4_000, PATIENCE);
        }
        assertThat(ledger.disorders()).isZero();
        assertThat(ledger.shards()).hasSize(4);
    }

    @Test
    void aCallbackThatThrowsLosesNothingAndItsCheckpointStays() throws Exception {
        services.createStream("throwing", 1);
        services.put("throwing", 0, 100, 10);
        Ledger ledger = new Ledger();
        AtomicInteger throwsLeft = new AtomicInteger(4);
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        RecordProcessor fragile = batch -> {
            StreamRecord last = batch.lastRecord();
            if (Integer.parseInt(last.data().toUtf8()) >= 50 && throwsLeft.getAndDecrement() > 0) {
                throw new IllegalStateException("thrown on purpose, attempt " + batch.attempt());
            }
            batch.records().forEach(record -> ledger.add("0", record));
        };
        CountDownLatch failing = new CountDownLatch(1);
        RecordProcessor first = batch -> {
            if (batch.records().stream()
                    .anyMatch(record -> record.data().toUtf8().equals("50"))) {
                failing.countDown();
                throw new IllegalStateException("always thrown");
            }
            fragile.processRecords(batch);
        };
        try (Worker worker =
                services.worker("throwing", () -> first).maxRecordsPerBatch(10).build()) {
            worker.start();
            assertThat(failing.await(40, TimeUnit.SECONDS)).isTrue();
            ledger.await(50, PATIENCE);
        }
        // The first worker stopped in front of the batch that it could not process: the next begins with it.
        try (Worker worker = services.worker("throwing", () -> fragile)
                .maxRecordsPerBatch(10)
                .meterRegistry(meters)
                .build()) {
            worker.start();
            ledger.await(100, PATIENCE);
        }
        assertThat(ledger.duplicates()).isZero();
        assertThat(ledger.disorders()).isZero();
        assertThat(meters.get("millrace.batch.failures").counter().count()).isEqualTo(4);
        assertThat(meters.get("millrace.records.processed").counter().count()).isEqualTo(50);
    }

    @Test
    void splitsAndMergesAreFollowedInOrderOfEveryKey() throws Exception {
        services.createStream("resharded", 2);
        Ledger ledger = new Ledger();
        ConcurrentLinkedQueue<WorkerEvent> events = new ConcurrentLinkedQueue<>();
        try (Worker one = services.worker("resharded", ledger::processor)
                        .listener(events::add)
                        .build();
                Worker two = services.worker("resharded", ledger::processor)
                        .listener(events::add)
                        .build()) {
            one.start();
            two.start();
            services.put("resharded", 0, 500, 20);
            services.split("resharded", "shardId-000000000000", MIDDLE_OF_FIRST_OF_TWO);
            services.put("resharded", 500, 1_000, 20);
            services.merge("resharded", "shardId-000000000003", "shardId-000000000001");
            services.put("resharded", 1_000, 1_500, 20);
            ledger.await(1_500, PATIENCE);
        }
        assertThat(ledger.duplicates()).isZero();
        assertThat(ledger.disorders()).isZero();
        List<String> ended = events.stream()
                .filter(WorkerEvent.ShardEnded.class::isInstance)
                .map(event -> ((WorkerEvent.ShardEnded) event).shard().value())
                .sorted()
                .toList();
        assertThat(ended).containsExactly("shardId-000000000000", "shardId-000000000001", "shardId-000000000003");
    }

    @Test
    void aCheckpointOfTheUserIsInTheTableWhenItReturns() throws Exception {
        services.createStream("manual", 1);
        services.put("manual", 0, 10, 1);
        CompletableFuture<Void> checkpointed = new CompletableFuture<>();
        RecordProcessor processor = new RecordProcessor() {
            @Override
            public void processRecords(RecordBatch batch) {
                if (batch.attempt() == 1) {
                    batch.checkpointer().checkpoint(batch.records().get(3).position());
                    throw new IllegalStateException("after the fourth record");
                }
                assertThat(batch.records()).hasSize(6);
                checkpointed.complete(null);
            }

            @Override
            public void shutdownRequested(Checkpointer checkpointer) {
                checkpointer.checkpoint();
            }
        };
        try (Worker worker = services.worker("manual", () -> processor).build()) {
            worker.start();
            checkpointed.get(40, TimeUnit.SECONDS);
        }
    }

    @Test
    void aDeletedStreamEndsItsWorkersAndOneMadeAnewIsNotRead() throws Exception {
        services.createStream("deleted", 2);
        Ledger ledger = new Ledger();
        ConcurrentLinkedQueue<WorkerEvent> events = new ConcurrentLinkedQueue<>();
        try (Worker one = services.worker("deleted", ledger::processor)
                        .listener(events::add)
                        .build();
                Worker two = services.worker("deleted", ledger::processor).build()) {
            one.start();
            CompletableFuture<Void> runOfOne = CompletableFuture.runAsync(one::run);
            CompletableFuture<Void> runOfTwo = CompletableFuture.runAsync(two::run);
            services.put("deleted", 0, 100, 10);
            ledger.await(100, PATIENCE);
            services.deleteStream("deleted");
            services.createStream("deleted", 2);
            services.put("deleted", 100, 200, 10);
            for (CompletableFuture<Void> run : List.of(runOfOne, runOfTwo)) {
                assertThatThrownBy(() -> run.get(40, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(WorkerException.class)
                        .hasMessageContaining("stream deleted was deleted")
                        .hasMessageNotContaining("\n");
            }
            assertThat(one.health().running()).isFalse();
        }
        assertThat(ledger.size()).as("records of the old stream").isEqualTo(100);
        assertThat(events)
                .last()
                .isInstanceOfSatisfying(
                        WorkerEvent.Stopped.class,
                        stopped -> assertThat(stopped.failure())
                                .hasValueSatisfying(reason -> assertThat(reason).contains("was deleted")));
        try (Worker next = services.worker("deleted", ledger::processor).build()) {
            assertThatThrownBy(next::start).isInstanceOf(WorkerException.class).hasMessageContaining("is not the one");
        }
    }

    @Test
    void aMissingStreamIsOneClearLine() {
        try (Worker worker = services.worker("missing", Ledger.none()).build()) {
            assertThatThrownBy(worker::start)
                    .isInstanceOf(WorkerException.class)
                    .hasMessageContaining("stream missing does not exist")
                    .hasMessageNotContaining("\n");
            assertThat(worker.health().running()).isFalse();
        }
    }

    @Test
    void aTableThatCannotBeReachedIsOneClearLine() throws Exception {
        services.createStream("tableless", 1);
        try (DynamoDbAsyncClient nowhere = Services.dynamoDbAt(URI.create("http://127.0.0.1:1"));
                Worker worker = services.worker("tableless", Ledger.none())
                        .dynamoDbClient(nowhere)
                        .build()) {
            assertThatThrownBy(worker::start)
                    .isInstanceOf(WorkerException.class)
                    .hasMessageContaining("table")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void aClosedWorkerCannotStartAndClosingAgainDoesNothing() {
        Worker worker = services.worker("closed", Ledger.none()).build();
        worker.close();
        worker.close();
        assertThatThrownBy(worker::start).isInstanceOf(WorkerException.class).hasMessageContaining("is closed");
    }

    @Test
    void runReturnsWhenAnotherThreadCloses() throws Exception {
        services.createStream("run", 1);
        CountDownLatch started = new CountDownLatch(1);
        Worker worker = services.worker("run", Ledger.none())
                .listener(event -> started.countDown())
                .build();
        CompletableFuture<Void> run = CompletableFuture.runAsync(worker::run);
        assertThat(started.await(40, TimeUnit.SECONDS)).isTrue();
        worker.close();
        run.get(40, TimeUnit.SECONDS);
    }
}
