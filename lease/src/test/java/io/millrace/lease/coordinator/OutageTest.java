package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.WorkerId;
import io.millrace.lease.coordinator.FaultyEndpoint.Mode;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.lease.table.Entity;
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
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** A real table behind an endpoint that fails: what workers do with the SDK as it is, its own retries included. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OutageTest {
    private final DynamoDbLocal server = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());
    private final FaultyEndpoint endpoint = new FaultyEndpoint(server.endpoint());
    private final DynamoDbAsyncClient direct = client(server.endpoint());
    private final DynamoDbAsyncClient spoilt = client(endpoint.uri());
    private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final List<Worker> workers = new CopyOnWriteArrayList<>();
    private String application = "";

    OutageTest() throws IOException {}

    @BeforeEach
    void nameApplication(TestInfo info) {
        application = info.getTestMethod().orElseThrow().getName() + info.getDisplayName();
    }

    @AfterEach
    void leave() {
        endpoint.become(Mode.PASS);
        for (Worker worker : workers) {
            worker.coordinator
                    .close(Duration.ofSeconds(5))
                    .orTimeout(20, TimeUnit.SECONDS)
                    .join();
        }
        workers.clear();
        events.clear();
    }

    @AfterAll
    void stop() {
        direct.close();
        spoilt.close();
        endpoint.close();
        server.close();
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"PASS", "LIMIT"})
    void whatIsShorterThanTheProofInterruptsNothing(Mode outage) throws InterruptedException {
        Worker alice = new Worker("alice", table(spoilt), Duration.ofSeconds(20));
        Worker bob = new Worker("bob", table(spoilt), Duration.ofSeconds(20));
        await(() -> alice.held.size() == 4 && bob.held.size() == 4);
        WorkerId before = alice.coordinator.workerId();
        HeldLease lease = alice.anyLease();

        endpoint.become(outage);
        CompletableFuture<CheckpointOutcome> saved = Saving.save(lease, at(5));
        endpoint.awaitSpoilt(4, "");

        assertThat(alice.held.values()).allMatch(HeldLease::isValid);
        assertThat(bob.held.values()).allMatch(HeldLease::isValid);
        endpoint.become(Mode.PASS);
        assertThat(saved.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(CheckpointOutcome.SAVED);
        assertThat(row(lease.key()).checkpoint()).isEqualTo(at(5));
        assertThat(alice.coordinator.workerId()).isEqualTo(before);
        assertThat(alice.lost).isEmpty();
        assertThat(bob.lost).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"PASS", "DEAF", "LIMIT"})
    void workerThatIsCutOffStopsBeforeOthersTakeOverAndComesBack(Mode outage) throws InterruptedException {
        Worker alice = new Worker("alice", table(spoilt), Duration.ofSeconds(2));
        Worker bob = new Worker("bob", table(direct), Duration.ofSeconds(2));
        await(() -> alice.held.size() == 4 && bob.held.size() == 4);
        bob.other = alice;
        WorkerId before = alice.coordinator.workerId();

        endpoint.become(outage);
        await(() -> bob.held.size() == 8);

        assertThat(bob.tooEarly).isEmpty();
        assertThat(alice.lost).hasSize(4).noneMatch(HeldLease::isValid);
        endpoint.become(Mode.PASS);
        await(() -> alice.held.size() == 4 && bob.held.size() == 4);
        assertThat(alice.coordinator.workerId()).isNotEqualTo(before);
    }

    @Test
    void writesWhoseAnswersAreLostAreReadBack() throws InterruptedException {
        Worker alice = new Worker("alice", table(spoilt), Duration.ofSeconds(20));
        await(() -> alice.held.size() == 8);
        HeldLease lease = alice.anyLease();
        WorkerId before = alice.coordinator.workerId();
        long epoch = lease.epoch();

        endpoint.become(Mode.DEAF);
        CompletableFuture<CheckpointOutcome> saved = Saving.save(lease, at(5));
        endpoint.awaitSpoilt(2, "UpdateItem");

        assertThat(row(lease.key()).checkpoint()).isEqualTo(at(5));
        assertThat(saved).isNotDone();
        endpoint.become(Mode.PASS);
        assertThat(saved.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(CheckpointOutcome.SAVED);
        assertThat(Saving.save(lease, at(7)).orTimeout(20, TimeUnit.SECONDS).join())
                .isEqualTo(CheckpointOutcome.SAVED);
        assertThat(row(lease.key()).epoch()).isEqualTo(epoch);
        assertThat(alice.coordinator.workerId()).isEqualTo(before);
        assertThat(alice.lost).isEmpty();
    }

    @Test
    void heartbeatWhoseAnswerIsLostAndThatTheClientSendsAgainLosesNothing() throws InterruptedException {
        Worker alice = new Worker("alice", table(spoilt), Duration.ofSeconds(5));
        await(() -> alice.held.size() == 8);
        WorkerId before = alice.coordinator.workerId();

        for (int beat = 0; beat < 3; beat++) {
            // The only writes now are heartbeats; the client itself sends one again when its connection breaks.
            endpoint.become(Mode.DEAF);
            endpoint.awaitSpoilt(1, "UpdateItem");
            endpoint.become(Mode.PASS);
        }
        assertThat(Saving.save(alice.anyLease(), at(5))
                        .orTimeout(20, TimeUnit.SECONDS)
                        .join())
                .isEqualTo(CheckpointOutcome.SAVED);
        assertThat(alice.coordinator.workerId()).isEqualTo(before);
        assertThat(alice.lost).isEmpty();
    }

    private LeaseTable table(DynamoDbAsyncClient client) {
        return new DynamoLeaseTable(client, DynamoLeaseTable.DEFAULT_NAME, application);
    }

    private LeaseRow row(LeaseKey key) {
        return table(direct)
                .get(Entity.lease(key))
                .orTimeout(20, TimeUnit.SECONDS)
                .join()
                .map(LeaseRow.class::cast)
                .orElseThrow();
    }

    private static Checkpoint at(int number) {
        return Checkpoint.processed(RecordPosition.of(SequenceNumber.parse(Integer.toString(number))));
    }

    private void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            assertThat(events.poll(20, TimeUnit.SECONDS)).as("next event").isNotNull();
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
        final List<HeldLease> lost = new CopyOnWriteArrayList<>();
        final List<LeaseKey> tooEarly = new CopyOnWriteArrayList<>();
        final LeaseCoordinator coordinator;
        volatile Worker other = this;

        Worker(String name, LeaseTable table, Duration failover) {
            LeaseSettings settings = LeaseSettings.builder().workerName(name).stream(
                            FakeStream.NAME, Position.trimHorizon())
                    .failoverTime(failover)
                    .build();
            coordinator = LeaseCoordinator.create(
                    settings, table, new FakeStream(8), this, new SystemPlatform(), new SimpleMeterRegistry());
            coordinator.start().orTimeout(20, TimeUnit.SECONDS).join();
            workers.add(this);
        }

        HeldLease anyLease() {
            return held.values().iterator().next();
        }

        @Override
        public void leaseTaken(HeldLease lease) {
            HeldLease elsewhere = other == this ? null : other.held.get(lease.key());
            if (elsewhere != null && elsewhere.isValid()) {
                tooEarly.add(lease.key());
            }
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
            lost.add(lease);
            events.add("lost");
        }
    }
}
