package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** A real table under many writes at once, and one that allows few. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WritesOnDynamoDbTest {
    /** More than one application took at once where a third of them was lost; {@code ManyShardsTest} (slow) takes 2,000. */
    private static final int MANY = 1_200;

    private static final int FEW = 9;

    private static final Duration FAILOVER = Duration.ofSeconds(2);

    /** Three workers beat as often as this a second, all in all: five times each in a failover time. */
    private static final double HEARTBEATS = 7.5;

    private final DynamoDbLocal server = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());
    private final FaultyEndpoint endpoint = new FaultyEndpoint(server.endpoint());
    private final DynamoDbAsyncClient direct = client(server.endpoint());
    private final DynamoDbAsyncClient limited = client(endpoint.uri());
    private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final List<Worker> workers = new CopyOnWriteArrayList<>();

    /** How long to wait for the next event. */
    private Duration patience = Duration.ofSeconds(90);

    WritesOnDynamoDbTest() throws IOException {}

    static Stream<WriteLimit> limits() {
        return Stream.of(WriteLimit.steady(HEARTBEATS * 2));
    }

    static Stream<WriteLimit> limitsThatTakeMinutes() {
        return Stream.of(
                WriteLimit.bursting(HEARTBEATS * 1.5, 60),
                WriteLimit.steady(HEARTBEATS * 1.2),
                WriteLimit.bursting(HEARTBEATS * 1.1, (int) HEARTBEATS),
                WriteLimit.bursting(HEARTBEATS * 1.1, 300));
    }

    @AfterEach
    void leave() {
        endpoint.become(FaultyEndpoint.Mode.PASS);
        workers.forEach(worker -> worker.coordinator
                .close(Duration.ofSeconds(5))
                .orTimeout(20, TimeUnit.SECONDS)
                .join());
        workers.clear();
        events.clear();
    }

    @AfterAll
    void stop() {
        limited.close();
        direct.close();
        endpoint.close();
        server.close();
    }

    @Test
    void workerThatTakesThousandsOfLeasesAtOnceKeepsThem(TestReporter reporter) throws InterruptedException {
        long start = System.nanoTime();
        Worker alice = new Worker("alice", table(direct, "many"), MANY, Duration.ofSeconds(10));
        await(() -> alice.held.size() == MANY);
        reporter.publishEntry(MANY + " leases taken, ms", millisSince(start) + "");
        alice.saveAll(1);
        await(() -> alice.saved.get() == MANY);
        reporter.publishEntry("and checkpointed, ms", millisSince(start) + "");

        assertThat(alice.lost).isEmpty();
        assertThat(rows("many"))
                .hasSize(MANY)
                .allMatch(row -> row.epoch() == 1 && row.checkpoint().equals(at(1)));
    }

    @ParameterizedTest
    @MethodSource("limitsThatTakeMinutes")
    @Tag("slow")
    @Timeout(1200)
    void fleetSettlesInMinutesOnATableThatAllowsHardlyMoreThanHeartbeats(WriteLimit limit, TestReporter reporter)
            throws InterruptedException {
        patience = Duration.ofMinutes(10);
        fleetSettlesOnATableThatAllowsLittleMoreThanHeartbeats(limit, reporter);
    }

    @ParameterizedTest
    @MethodSource("limits")
    @Timeout(180)
    void fleetSettlesOnATableThatAllowsLittleMoreThanHeartbeats(WriteLimit limit, TestReporter reporter)
            throws InterruptedException {
        String application = "few" + workers.hashCode() + limit.hashCode();
        assertThat(table(direct, application).ensureTable().orTimeout(20, TimeUnit.SECONDS))
                .succeedsWithin(Duration.ofSeconds(20));
        endpoint.limit(limit);
        long start = System.nanoTime();
        for (String name : List.of("alice", "bob", "carol")) {
            Worker unused = new Worker(name, table(limited, application), FEW, FAILOVER);
        }
        await(() -> workers.stream().allMatch(worker -> worker.held.size() == FEW / 3));
        reporter.publishEntry("settled, ms", millisSince(start) + "");
        reporter.publishEntry("writes", limit.allowed() + " and refused " + limit.refused());
        workers.forEach(worker -> worker.saveAll(1));
        await(() -> workers.stream().allMatch(worker -> worker.saved.get() >= FEW / 3));
        reporter.publishEntry("checkpointed, ms", millisSince(start) + "");
        reporter.publishEntry("writes", limit.allowed() + " and refused " + limit.refused());

        assertThat(workers.stream().flatMap(worker -> worker.lost.stream())).isEmpty();
        assertThat(workers).allMatch(worker -> worker.held.size() == FEW / 3);
        assertThat(rows(application))
                .hasSize(FEW)
                .allMatch(row -> row.checkpoint().equals(at(1)));
    }

    private List<LeaseRow> rows(String application) {
        return table(direct, application)
                .listLeases()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private static LeaseTable table(DynamoDbAsyncClient client, String application) {
        return DynamoLeaseTable.forWorker(client, DynamoLeaseTable.DEFAULT_NAME, application, Duration.ofSeconds(2));
    }

    private static Checkpoint at(int number) {
        return Checkpoint.processed(RecordPosition.of(SequenceNumber.parse(Integer.toString(number))));
    }

    private static long millisSince(long start) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    private void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            assertThat(events.poll(patience.toSeconds(), TimeUnit.SECONDS))
                    .as("next event; " + workers)
                    .isNotNull();
        }
    }

    private static DynamoDbAsyncClient client(URI endpoint) {
        return DynamoDbAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")))
                .build();
    }

    /** A worker whose consumer gives back at once what it is asked for. */
    private final class Worker implements LeaseListener {
        final Map<LeaseKey, HeldLease> held = new ConcurrentSkipListMap<>();
        final List<String> lost = new CopyOnWriteArrayList<>();
        final AtomicInteger saved = new AtomicInteger();
        final LeaseCoordinator coordinator;

        Worker(String name, LeaseTable table, int shards, Duration failover) {
            LeaseSettings settings = LeaseSettings.builder().workerName(name).stream(
                            FakeStream.NAME, Position.trimHorizon())
                    .failoverTime(failover)
                    .startTimeout(Duration.ofMinutes(5))
                    .build();
            coordinator = LeaseCoordinator.create(
                    settings, table, new FakeStream(shards), this, new SystemPlatform(), new SimpleMeterRegistry());
            workers.add(this);
            coordinator.start().orTimeout(300, TimeUnit.SECONDS).join();
        }

        void saveAll(int number) {
            held.values().forEach(lease -> {
                CompletableFuture<CheckpointOutcome> save = Saving.save(lease, at(number));
                CompletableFuture<Void> unused = save.thenAccept(outcome -> {
                    if (outcome == CheckpointOutcome.SAVED) {
                        saved.incrementAndGet();
                    }
                    events.add("saved");
                });
            });
        }

        @Override
        public String toString() {
            return coordinator.workerId() + " holds " + held.size() + " and has lost " + lost.size();
        }

        @Override
        public void leaseTaken(HeldLease lease) {
            held.put(lease.key(), lease);
            events.add("taken");
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {
            held.remove(lease.key());
            assertThat(lease.release(lease.checkpoint())).isNotCompletedExceptionally();
            events.add("asked");
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            held.remove(lease.key(), lease);
            lost.add(lease + ": " + reason);
            events.add("lost");
        }
    }
}
