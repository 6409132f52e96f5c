package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerEvent;
import io.millrace.runtime.SystemPlatform;
import io.millrace.sim.ShiftedPlatform;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker that was away for longer than a real server keeps records. */
class RetentionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @Test
    void whatExpiredWhileNoWorkerRanIsToldAndTheRestIsRead(@TempDir Path folder) throws Exception {
        ShiftedPlatform platform = new ShiftedPlatform(new SystemPlatform());
        Ledger ledger = new Ledger();
        ConcurrentLinkedQueue<WorkerEvent> events = new ConcurrentLinkedQueue<>();
        try (Services services = new Services(folder, platform)) {
            services.createStream("away", 1);
            services.put("away", 0, 100, 10);
            try (Worker first = services.worker("away", ledger::processor).build()) {
                first.start();
                ledger.await(100, PATIENCE);
            }
            services.put("away", 100, 200, 10);
            platform.shift(Duration.ofHours(25));
            services.put("away", 200, 300, 10);
            try (Worker second = services.worker("away", ledger::processor)
                    .listener(events::add)
                    .build()) {
                second.start();
                ledger.await(200, PATIENCE);
            }
        }
        assertThat(ledger.size()).as("all but those that expired").isEqualTo(200);
        assertThat(ledger.duplicates()).isZero();
        assertThat(events)
                .filteredOn(WorkerEvent.RecordsExpired.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(
                        WorkerEvent.RecordsExpired.class,
                        expired -> assertThat(Duration.between(
                                        expired.from().orElseThrow(),
                                        expired.until().orElseThrow()))
                                .isGreaterThanOrEqualTo(Duration.ofHours(25)));
    }
}
