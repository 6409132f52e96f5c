package io.millrace.systemtests.worker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.WorkerException;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Row;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Several applications, and several streams of one, in one table. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SharedTableTest {
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
    void applicationsOnOneStreamAndTableKnowNothingOfEachOther() throws Exception {
        services.createStream("common", 2);
        Ledger ofOne = new Ledger();
        Ledger ofTwo = new Ledger();
        try (Worker two =
                services.workerOf("two", ofTwo::processor).stream("common").build()) {
            try (Worker one =
                    services.workerOf("one", ofOne::processor).stream("common").build()) {
                one.start();
                two.start();
                services.put("common", 0, 300, 20);
                ofOne.await(300, PATIENCE);
                ofTwo.await(300, PATIENCE);
            }
            // One has ended, and two goes on with all shards; then one starts anew while two works.
            services.put("common", 300, 600, 20);
            ofTwo.await(600, PATIENCE);
            assertThat(ofOne.size()).isEqualTo(300);
            forget("one", "common");
            Ledger again = new Ledger();
            try (Worker one =
                    services.workerOf("one", again::processor).stream("common").build()) {
                one.start();
                services.put("common", 600, 700, 20);
                again.await(700, PATIENCE);
                ofTwo.await(700, PATIENCE);
                assertThat(one.health().shards()).hasSize(2);
                assertThat(two.health().shards()).hasSize(2);
            }
            assertThat(again.duplicates()).isZero();
        }
        assertThat(ofTwo.duplicates()).isZero();
        assertThat(ofTwo.disorders()).isZero();
        assertThat(leases("two")).hasSize(2).allMatch(row -> row.owner().isEmpty());
    }

    @Test
    void streamsOfOneApplicationAreSharedAddedReshardedAndRemoved() throws Exception {
        services.createStream("first", 2);
        services.createStream("second", 2);
        services.createStream("third", 1);
        Map<StreamName, Ledger> ledgers = Map.of(
                new StreamName("first"), new Ledger(),
                new StreamName("second"), new Ledger(),
                new StreamName("third"), new Ledger());
        RecordProcessor processor = batch -> batch.records()
                .forEach(record -> requireNonNull(ledgers.get(batch.shard().stream()))
                        .add(batch.shard().shard().value(), record));
        WorkerBuilder builder =
                services.workerOf("several", () -> processor).stream("first").stream("second", Position.trimHorizon());
        try (Worker one = builder.workerName("one").build();
                Worker two = builder.workerName("two").build()) {
            one.start();
            two.start();
            services.put("first", 0, 300, 20);
            services.put("second", 0, 300, 20);
            services.put("third", 0, 300, 20);
            services.split("first", "shardId-000000000000", MIDDLE_OF_FIRST_OF_TWO);
            services.put("first", 300, 600, 20);
            one.addStream("third");
            services.merge("second", "shardId-000000000000", "shardId-000000000001");
            services.put("second", 300, 600, 20);
            two.removeStream("second");
            assertThat(two.streams()).extracting(StreamName::value).containsExactly("first");
            assertThat(two.health().shards())
                    .allMatch(shard -> shard.stream().value().equals("first"));
            services.put("third", 300, 600, 20);
            for (Ledger ledger : ledgers.values()) {
                ledger.await(600, PATIENCE);
            }
            assertThat(one.streams()).hasSize(3);
        }
        ledgers.forEach((stream, ledger) -> {
            assertThat(ledger.duplicates()).as("duplicates of %s", stream).isZero();
            assertThat(ledger.disorders()).as("disorders of %s", stream).isZero();
        });
    }

    @Test
    void aStreamDeletedAmongSeveralEndsAloneAndCannotComeBackAsAnother() throws Exception {
        services.createStream("staying", 1);
        services.createStream("going", 2);
        Ledger ledger = new Ledger();
        ConcurrentLinkedQueue<WorkerEvent> events = new ConcurrentLinkedQueue<>();
        CompletableFuture<String> gone = new CompletableFuture<>();
        try (Worker worker = services.workerOf("leaving", ledger::processor).stream("staying").stream("going")
                .listener(event -> {
                    events.add(event);
                    if (event instanceof WorkerEvent.StreamGone told) {
                        gone.complete(told.reason());
                    }
                })
                .build()) {
            worker.start();
            services.put("going", 0, 100, 10);
            ledger.await(100, PATIENCE);
            services.deleteStream("going");
            services.createStream("going", 2);
            assertThat(gone.get(40, TimeUnit.SECONDS)).contains("stream going was deleted");
            worker.removeStream("going");
            services.put("going", 900, 950, 10);
            services.put("staying", 100, 200, 10);
            ledger.await(200, PATIENCE);
            assertThatThrownBy(() -> worker.addStream("going"))
                    .isInstanceOf(WorkerException.class)
                    .hasMessageContaining("is not the one");
            assertThat(worker.health().running()).isTrue();
            assertThat(worker.streams()).containsExactly(new StreamName("staying"));
        }
        assertThat(ledger.size()).isEqualTo(200);
        assertThat(events).filteredOn(WorkerEvent.StreamGone.class::isInstance).hasSize(1);
        assertThat(events)
                .last()
                .isInstanceOfSatisfying(
                        WorkerEvent.Stopped.class,
                        stopped -> assertThat(stopped.failure()).isEmpty());
    }

    @Test
    void theStreamsOfAWorkerThatDoesNotRunAreNotChanged() throws Exception {
        services.createStream("quiet", 1);
        Worker worker = services.worker("quiet", Ledger.none()).build();
        assertThatThrownBy(() -> worker.addStream("other")).isInstanceOf(IllegalStateException.class);
        worker.start();
        assertThatThrownBy(() -> worker.addStream("missing"))
                .isInstanceOf(WorkerException.class)
                .hasMessageContaining("stream missing does not exist");
        assertThatThrownBy(() -> worker.removeStream("quiet"))
                .isInstanceOf(WorkerException.class)
                .hasMessageContaining("close the worker instead");
        worker.close();
        assertThatThrownBy(() -> worker.addStream("other"))
                .isInstanceOf(WorkerException.class)
                .hasMessageContaining("is closed");
    }

    private List<LeaseRow> leases(String application) throws Exception {
        return table(application).listLeases().get(30, TimeUnit.SECONDS);
    }

    /** As {@code millrace leases delete}: the stream's row goes last, and while it is there no lease is made again. */
    private void forget(String application, String stream) throws Exception {
        DynamoLeaseTable table = table(application);
        for (LeaseRow row : leases(application)) {
            assertThat(table.delete(row).get(30, TimeUnit.SECONDS).isApplied()).isTrue();
        }
        Row pin = table.get(Entity.stream(new StreamName(stream)))
                .get(30, TimeUnit.SECONDS)
                .orElseThrow();
        assertThat(table.delete(pin).get(30, TimeUnit.SECONDS).isApplied()).isTrue();
    }

    private DynamoLeaseTable table(String application) {
        return new DynamoLeaseTable(services.dynamoDb, "millrace", application);
    }
}
