package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.watch.FailureReports;
import io.millrace.consumer.watch.FailureReports.Topic;
import io.millrace.lease.LeaseKey;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FailureReportsTest {
    private static final int SHARDS = 1_000;

    private final Simulation sim = new Simulation(1);
    private final FailureReports reports = new FailureReports(sim.newEventLoop("worker"), sim.clock());

    @Test
    void sinkThatIsDownForAThousandShardsIsOneLineAndThenOneAMinute() {
        try (Warnings log = new Warnings("io.millrace.consumer")) {
            for (int round = 0; round < 4; round++) {
                failAll();
                sim.run(Duration.ofSeconds(10));
            }
            assertThat(log.lines())
                    .containsExactly("orders/shardId-000000000000: processRecords threw X; it is called again");
            sim.run(Duration.ofSeconds(30));
            assertThat(log.lines())
                    .hasSize(2)
                    .last()
                    .asString()
                    .contains(
                            "1000 shards still fail",
                            "4000 times in the last minute",
                            "among them",
                            "processRecords threw X");
            for (int i = 0; i < SHARDS; i++) {
                reports.over(Topic.USER_CODE, shard(i));
            }
            sim.run(Duration.ofHours(1));
            assertThat(log.lines()).hasSize(2);
        }
    }

    @Test
    void recoveryIsSaidOnce() {
        try (Warnings log = Warnings.fromInfo("io.millrace.consumer")) {
            failAll();
            failAll();
            for (int i = 0; i < SHARDS; i++) {
                reports.over(Topic.USER_CODE, shard(i));
            }
            sim.run(Duration.ofHours(1));
            assertThat(log.lines())
                    .hasSize(2)
                    .last()
                    .asString()
                    .contains("no shard fails so any more", "2000 times at 1000 shards", "processRecords threw X");
            reports.failed(Topic.USER_CODE, shard(0), "processRecords threw X", "");
            assertThat(log.lines()).hasSize(3);
        }
    }

    @Test
    void shardThatFailsInAnotherWayCountsThereAlone() {
        try (Warnings log = new Warnings("io.millrace.consumer")) {
            reports.failed(Topic.USER_CODE, shard(0), "X", "");
            reports.failed(Topic.USER_CODE, shard(0), "Y", "");
            reports.failed(Topic.READING, shard(0), "Z", "");
            sim.run(Duration.ofMinutes(1));
            assertThat(log.lines())
                    .hasSize(5)
                    .filteredOn(line -> line.startsWith("1 shards still fail"))
                    .hasSize(2);
        }
    }

    @Test
    void kindsAreBounded() {
        try (Warnings log = new Warnings("io.millrace.consumer")) {
            for (int i = 0; i < SHARDS; i++) {
                reports.failed(Topic.USER_CODE, shard(i), "kind " + i, "");
            }
            sim.run(Duration.ofMinutes(1));
            assertThat(log.lines()).hasSizeLessThan(110);
        }
    }

    private void failAll() {
        for (int i = 0; i < SHARDS; i++) {
            reports.failed(Topic.USER_CODE, shard(i), "processRecords threw X", "; it is called again");
        }
    }

    private static LeaseKey shard(int index) {
        return new LeaseKey(new StreamName("orders"), ShardId.of(index));
    }
}
