package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.runtime.SystemPlatform;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** Real time, real threads, a real table. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LeaseCoordinatorOnDynamoDbTest {
    private static final Logger log = LoggerFactory.getLogger(LeaseCoordinatorOnDynamoDbTest.class);

    private final DynamoDbLocal server = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());
    private final DynamoDbAsyncClient client = DynamoDbAsyncClient.builder()
            .endpointOverride(server.endpoint())
            .region(Region.US_EAST_1)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")))
            .build();
    private final FakeStream stream = new FakeStream(8);
    private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();

    @AfterAll
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void workersJoinShareCheckpointAndLeave() throws InterruptedException {
        LeaseTable table = new DynamoLeaseTable(client, DynamoLeaseTable.DEFAULT_NAME, "sharing");
        long start = System.nanoTime();
        Worker alice = new Worker("alice", table);
        await(() -> alice.held.size() == 8);
        log.info("8 leases owned {} ms after the start on an empty table", millisSince(start));

        start = System.nanoTime();
        Worker bob = new Worker("bob", table);
        await(() -> alice.held.size() == 4 && bob.held.size() == 4);
        log.info("a second worker holds its share after {} ms", millisSince(start));

        HeldLease lease = bob.held.values().iterator().next();
        Checkpoint five = Checkpoint.processed(RecordPosition.of(SequenceNumber.parse("5")));
        assertThat(Saving.save(lease, five).orTimeout(10, TimeUnit.SECONDS).join())
                .isEqualTo(CheckpointOutcome.SAVED);

        start = System.nanoTime();
        CompletableFuture<CloseReport> left = bob.coordinator.close(Duration.ofSeconds(5));
        await(() -> alice.held.size() == 8);
        log.info("a worker that left has its shards owned elsewhere after {} ms", millisSince(start));
        assertThat(left.orTimeout(10, TimeUnit.SECONDS).join().abandoned()).isEmpty();
        assertThat(alice.held)
                .hasEntrySatisfying(
                        lease.key(), taken -> assertThat(taken.checkpoint()).isEqualTo(five));

        alice.coordinator
                .close(Duration.ofSeconds(5))
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        start = System.nanoTime();
        Worker carol = new Worker("carol", table);
        await(() -> carol.held.size() == 8);
        log.info("8 leases owned {} ms after the start on an existing table", millisSince(start));
        carol.coordinator
                .close(Duration.ofSeconds(5))
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        assertThat(table.listControlRows()
                        .orTimeout(10, TimeUnit.SECONDS)
                        .join()
                        .workers())
                .isEmpty();
    }

    private void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            assertThat(events.poll(20, TimeUnit.SECONDS)).as("next event").isNotNull();
        }
    }

    private static long millisSince(long start) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    private final class Worker implements LeaseListener {
        private final Map<LeaseKey, HeldLease> held = new ConcurrentSkipListMap<>();
        private final LeaseCoordinator coordinator;

        Worker(String name, LeaseTable table) {
            LeaseSettings settings = LeaseSettings.builder().workerName(name).stream(
                            FakeStream.NAME, Position.trimHorizon())
                    .build();
            coordinator = LeaseCoordinator.create(
                    settings, table, stream, this, new SystemPlatform(), new SimpleMeterRegistry());
            coordinator.start().orTimeout(20, TimeUnit.SECONDS).join();
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
            held.remove(lease.key());
            events.add("lost");
        }
    }
}
