package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.model.Position;
import io.millrace.runtime.SystemPlatform;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * What really goes over the wire when a worker has nothing to do, every operation of the client counted, however it came
 * about. Counted from beat to beat rather than by the clock, so that a busy machine makes it slow and not wrong.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class IdleCallsOnDynamoDbTest {
    private static final int BEATS = 6;

    /** So many later the row's own account of what the worker holds has followed. */
    private static final int SETTLED = 3;

    private final DynamoDbLocal server = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    @Timeout(180)
    void idleWorkerWritesItsHeartbeatAndNothingElseHoweverManyShards() throws InterruptedException {
        try (Idle few = new Idle(4);
                Idle some = new Idle(64);
                Idle many = new Idle(512)) {
            for (Idle idle : List.of(few, some, many)) {
                idle.awaitLeases();
            }
            for (Idle idle : List.of(few, some, many)) {
                Map<String, Integer> calls = idle.callsBetweenBeats();

                assertThat(calls).as("%d shards", idle.shards).containsOnlyKeys("UpdateItem", "Query", "BatchGetItem");
                assertThat(calls).as("%d shards", idle.shards).containsEntry("UpdateItem", BEATS);
                // The leader looks up one lease of each stream every half failover time, which is two and a half beats.
                assertThat(calls.get("BatchGetItem"))
                        .as("%d shards", idle.shards)
                        .isBetween(1, BEATS / 2 + 1);
                // Four polls a beat, and the leader's few looks at the leases; beats may be late.
                assertThat(calls.get("Query")).as("%d shards", idle.shards).isLessThanOrEqualTo(8 * BEATS);
            }
        }
    }

    /** The only worker of an application, and what its client was asked. */
    private final class Idle implements ExecutionInterceptor, AutoCloseable {
        private final int shards;
        private final Holder holder = new Holder();
        private final Map<String, Integer> counts = new ConcurrentHashMap<>();
        /** The counts as each beat went out. */
        private final LinkedBlockingQueue<Map<String, Integer>> beats = new LinkedBlockingQueue<>();

        private final DynamoDbAsyncClient client = DynamoDbAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")))
                .overrideConfiguration(settings -> settings.addExecutionInterceptor(this))
                .build();
        private final LeaseCoordinator coordinator;

        Idle(int shards) {
            this.shards = shards;
            LeaseSettings settings = LeaseSettings.builder().workerName("idle").stream(
                            FakeStream.NAME, Position.trimHorizon())
                    .failoverTime(Duration.ofSeconds(10))
                    .build();
            coordinator = LeaseCoordinator.create(
                    settings,
                    new DynamoLeaseTable(client, DynamoLeaseTable.DEFAULT_NAME, "idle-" + shards),
                    new FakeStream(shards),
                    holder,
                    new SystemPlatform(),
                    new SimpleMeterRegistry());
            coordinator.start().orTimeout(30, TimeUnit.SECONDS).join();
        }

        @Override
        public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
            String operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
            counts.merge(operation, 1, Integer::sum);
            if (context.request() instanceof UpdateItemRequest update && isBeat(update)) {
                beats.add(new TreeMap<>(counts));
            }
        }

        private static boolean isBeat(UpdateItemRequest update) {
            AttributeValue entity = update.key().get("entity");
            return entity != null && entity.s().startsWith("worker#");
        }

        /** Waits until the worker has all leases; its beats count from then on. */
        void awaitLeases() throws InterruptedException {
            while (holder.held.get() < shards) {
                assertThat(holder.news.poll(30, TimeUnit.SECONDS))
                        .as("next lease")
                        .isNotNull();
            }
            beats.clear();
        }

        Map<String, Integer> callsBetweenBeats() throws InterruptedException {
            Map<String, Integer> before = countsAtBeat(SETTLED);
            Map<String, Integer> calls = countsAtBeat(BEATS);
            before.forEach((operation, count) -> calls.merge(operation, -count, Integer::sum));
            calls.values().removeIf(count -> count == 0);
            return calls;
        }

        private Map<String, Integer> countsAtBeat(int number) throws InterruptedException {
            Map<String, Integer> counted = new TreeMap<>();
            for (int i = 0; i < number; i++) {
                counted = beats.poll(30, TimeUnit.SECONDS);
                assertThat(counted).as("next beat").isNotNull();
            }
            return counted;
        }

        @Override
        public void close() {
            coordinator
                    .close(Duration.ofSeconds(5))
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();
            client.close();
        }
    }

    private static final class Holder implements LeaseListener {
        private final AtomicInteger held = new AtomicInteger();
        private final LinkedBlockingQueue<String> news = new LinkedBlockingQueue<>();

        @Override
        public void leaseTaken(HeldLease lease) {
            held.incrementAndGet();
            news.add("taken");
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {
            assertThat(lease.release(lease.checkpoint())).isNotCompletedExceptionally();
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            throw new AssertionError("an idle worker lost " + lease + ": " + reason);
        }
    }
}
