package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.WorkerListener;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.systemtests.process.CutWire;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** Whole workers whose lease table cannot be reached for a while. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutageTest {
    private static final Duration FAILOVER = Duration.ofSeconds(6);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

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
    @Timeout(180)
    void withoutItsTableAWorkerGoesOnForAsLongAsItOwnsStopsAndComesBack() throws Exception {
        services.createStream("outage", 2);
        Ledger ledger = new Ledger();
        Watch watch = new Watch();
        try (CutWire wire = new CutWire(services.tables());
                DynamoDbAsyncClient cuttable = Services.dynamoDbAt(wire.endpoint());
                Worker worker = services.worker("outage", ledger::processor)
                        .dynamoDbClient(cuttable)
                        .failoverTime(FAILOVER)
                        .listener(watch)
                        .build()) {
            worker.start();
            services.put("outage", 0, 500, 20);
            ledger.await(500, PATIENCE);
            watch.taken.acquire(2);

            wire.cut();
            services.put("outage", 500, 600, 20);
            ledger.await(600, PATIENCE);
            assertThat(watch.lost.availablePermits())
                    .as("lost while it could still prove ownership")
                    .isZero();

            watch.await(watch.lost, 2);
            services.put("outage", 600, 700, 20);
            assertThat(worker.health().running()).isTrue();
            assertThat(worker.health().shards()).isEmpty();
            assertThat(ledger.size()).as("processed without a lease").isEqualTo(600);

            wire.mend();
            watch.await(watch.taken, 2);
            ledger.await(700, PATIENCE);
            assertThat(worker.health().healthy()).isTrue();
        }
        assertThat(ledger.disorders()).isZero();
    }

    @Test
    @Timeout(180)
    void aWorkerCutOffFromTheTableLeavesItsShardsToOthersInTimeAndGetsItsShareBack() throws Exception {
        services.createStream("partition", 4);
        Ledger ledger = new Ledger();
        Fence fence = new Fence(ledger);
        Watch watchOfCut = new Watch();
        Watch watchOfOther = new Watch();
        try (CutWire wire = new CutWire(services.tables());
                DynamoDbAsyncClient cuttable = Services.dynamoDbAt(wire.endpoint());
                Worker cut = services.worker("partition", fence)
                        .dynamoDbClient(cuttable)
                        .workerName("cut")
                        .failoverTime(FAILOVER)
                        .listener(watchOfCut)
                        .build();
                Worker other = services.worker("partition", fence)
                        .workerName("other")
                        .failoverTime(FAILOVER)
                        .listener(watchOfOther)
                        .build()) {
            cut.start();
            services.put("partition", 0, 500, 40);
            ledger.await(500, PATIENCE);
            other.start();
            watchOfOther.await(watchOfOther.taken, 2);
            watchOfCut.taken.drainPermits();

            wire.cut();
            for (int start = 500; watchOfOther.taken.availablePermits() < 2; start += 10) {
                services.put("partition", start, start + 10, 40);
                ledger.await(start + 10, PATIENCE);
            }
            assertThat(watchOfCut.lost.availablePermits())
                    .as("lost before others took them")
                    .isEqualTo(2);
            int sofar = ledger.size();

            wire.mend();
            watchOfCut.await(watchOfCut.taken, 2);
            services.put("partition", sofar, sofar + 500, 40);
            ledger.await(sofar + 500, PATIENCE);
            assertThat(cut.health().shards()).hasSize(2);
        }
        assertThat(fence.stale.get())
                .as("batches of an owner after the next one had begun")
                .isZero();
    }

    /** Counts what happens to leases. */
    private static final class Watch implements WorkerListener {
        final Semaphore taken = new Semaphore(0);
        final Semaphore lost = new Semaphore(0);

        @Override
        public void onEvent(WorkerEvent event) {
            if (event instanceof WorkerEvent.LeaseTaken) {
                taken.release();
            } else if (event instanceof WorkerEvent.LeaseLost gone && !gone.released()) {
                lost.release();
            }
        }

        void await(Semaphore what, int count) throws InterruptedException {
            assertThat(what.tryAcquire(count, 60, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Writes into a ledger, and counts batches whose owner's epoch is below one seen before. Safe for any thread. */
    private static final class Fence implements Supplier<RecordProcessor> {
        private final Map<String, Long> epochs = new ConcurrentHashMap<>();
        private final Ledger ledger;
        final AtomicInteger stale = new AtomicInteger();

        Fence(Ledger ledger) {
            this.ledger = ledger;
        }

        @Override
        public RecordProcessor get() {
            return this::process;
        }

        private void process(RecordBatch batch) {
            String shard = batch.shard().shard().value();
            if (epochs.merge(shard, batch.shard().epoch(), Math::max)
                    > batch.shard().epoch()) {
                stale.incrementAndGet();
            }
            batch.records().forEach(record -> ledger.add(shard, record));
        }
    }
}
