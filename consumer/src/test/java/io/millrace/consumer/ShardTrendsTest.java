package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.health.WorkerHealth;
import io.millrace.consumer.watch.ShardTrends;
import io.millrace.lease.LeaseStatus;
import io.millrace.lease.LeaseStatus.Trend;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ShardTrendsTest {
    private long now;
    private final ShardTrends trends = new ShardTrends(() -> now);

    @Test
    void lagThatGrowsWithTimeGrowsAndOneThatStaysIsSteady() {
        assertThat(look(1, 10, 0).trend()).isEqualTo(Trend.STEADY);
        after(5);
        assertThat(look(1, 15, 0).trend()).isEqualTo(Trend.GROWS);
        after(5);
        assertThat(look(1, 10, 0).trend()).isEqualTo(Trend.STEADY);
        after(5);
        assertThat(look(1, 1, 0).trend()).isEqualTo(Trend.FALLS);
    }

    @Test
    void onlyTheLastHalfMinuteCounts() {
        for (int i = 0; i < 20; i++) {
            look(1, 10 + 5 * i, 5 * i);
            after(5);
        }
        for (int i = 0; i < 7; i++) {
            look(1, 110, 100);
            after(5);
        }
        LeaseStatus last = look(1, 110, 100);
        assertThat(last.trend()).isEqualTo(Trend.STEADY);
        assertThat(last.busyPercent()).isZero();
    }

    @Test
    void timeWithRecordsInHandIsTheProcessors() {
        look(1, 0, 0);
        after(10);
        assertThat(look(1, 0, 9).busyPercent()).isEqualTo(90);
    }

    @Test
    void nothingIsConcludedFromAnotherOwnership() {
        look(1, 10, 50);
        after(10);
        LeaseStatus taken = look(2, 20, 0);
        assertThat(taken.trend()).isEqualTo(Trend.STEADY);
        assertThat(taken.busyPercent()).isZero();
    }

    @Test
    void ofAShardThatIsNamedTwiceTheLatestOwnershipCounts() {
        List<LeaseStatus> told = trends.look(List.of(shard(3, 0, 0, null), shard(2, 90, 0, null)));
        assertThat(told).hasSize(1);
        assertThat(told.get(0).epoch()).isEqualTo(3);
    }

    @Test
    void readsThatFailNowAndThenAreNotToldAndOtherFailuresAre() {
        assertThat(failing("cannot be read (TRANSIENT): no connection", 2).failure())
                .isEmpty();
        assertThat(failing("cannot be read (TRANSIENT): no connection", 3).failure())
                .isPresent();
        assertThat(failing("processRecords threw a.B", 1).failure()).isPresent();
    }

    private LeaseStatus failing(String what, int times) {
        WorkerHealth.Failing failing = new WorkerHealth.Failing(Instant.EPOCH, what, times, null);
        return trends.look(List.of(shard(1, 0, 0, failing))).get(0);
    }

    private void after(int seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
    }

    private LeaseStatus look(long epoch, int behindSeconds, int busySeconds) {
        return trends.look(List.of(shard(epoch, behindSeconds, busySeconds, null)))
                .get(0);
    }

    private static WorkerHealth.ShardHealth shard(
            long epoch, int behindSeconds, int busySeconds, WorkerHealth.@Nullable Failing failing) {
        return new WorkerHealth.ShardHealth(
                new StreamName("orders"),
                ShardId.of(1),
                epoch,
                ShardPhase.PROCESSING,
                1_000L * behindSeconds,
                failing,
                null,
                new WorkerHealth.Pace(null, Duration.ofSeconds(busySeconds), null));
    }
}
