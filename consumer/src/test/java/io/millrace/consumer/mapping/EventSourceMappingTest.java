package io.millrace.consumer.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.FailurePolicy;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class EventSourceMappingTest {
    private static final EventSourceMapping DEFAULT = EventSourceMapping.DEFAULT;

    @Test
    void defaultsAreLambdas() {
        assertThat(DEFAULT.batchSize()).isEqualTo(100);
        assertThat(DEFAULT.delivery().lanes()).isEqualTo(1);
        assertThat(DEFAULT.delivery().batching().records()).isEqualTo(100);
        assertThat(DEFAULT.delivery().batching().window()).isZero();
        assertThat(DEFAULT.delivery().failures().then()).isEqualTo(FailurePolicy.Then.RETRY);
        assertThat(DEFAULT.delivery().checkpoints()).isEqualTo(CheckpointMode.AUTOMATIC);
    }

    @Test
    void everyOptionHasItsEffect() {
        EventSourceMapping mapping = DEFAULT.withBatchSize(7)
                .withMaximumBatchingWindow(Duration.ofSeconds(9))
                .withParallelizationFactor(10)
                .withBisectBatchOnFunctionError(true)
                .withMaximumRetryAttempts(2)
                .withMaximumRecordAge(Duration.ofMinutes(1))
                .withFilter(record -> true);
        FailurePolicy policy = mapping.delivery().failures();

        assertThat(mapping.delivery().lanes()).isEqualTo(10);
        assertThat(mapping.delivery().batching().window()).isEqualTo(Duration.ofSeconds(9));
        assertThat(mapping.delivery().filterOrNull()).isNotNull();
        assertThat(policy.isBisecting()).isTrue();
        assertThat(policy.then()).isEqualTo(FailurePolicy.Then.SKIP);
        assertThat(policy.isExhausted(2, Duration.ZERO, Duration.ofDays(9))).isFalse();
        assertThat(policy.isExhausted(3, Duration.ZERO, Duration.ZERO)).isTrue();
        assertThat(policy.isExpired(Duration.ofSeconds(59))).isFalse();
        assertThat(policy.isExpired(Duration.ofMinutes(1))).isTrue();
    }

    @Test
    void noRetryIsOneTry() {
        FailurePolicy policy = DEFAULT.withMaximumRetryAttempts(0).delivery().failures();
        assertThat(policy.isExhausted(1, Duration.ZERO, Duration.ZERO)).isTrue();
    }

    @Test
    void windowsWantManualCheckpointsAndReadsThatFindNothing() {
        EventSourceMapping mapping = DEFAULT.withTumblingWindow(Duration.ofMinutes(15));
        assertThat(mapping.delivery().checkpoints()).isEqualTo(CheckpointMode.MANUAL);
        assertThat(mapping.delivery().batching().isEmptyWanted()).isTrue();
    }

    /** A window that is gathered anew has its records, those as well that are older than they may be at their first call. */
    @Test
    void recordsMayBeOlderByTheLengthOfTheirWindow() {
        FailurePolicy policy = DEFAULT.withMaximumRecordAge(Duration.ofMinutes(1))
                .withTumblingWindow(Duration.ofMinutes(15))
                .delivery()
                .failures();
        assertThat(policy.isExpired(Duration.ofMinutes(16).minusMillis(1))).isFalse();
        assertThat(policy.isExpired(Duration.ofMinutes(16))).isTrue();
    }

    @Test
    void fullBatchOfSmallRecordsFitsIntoSixMegabytes() {
        EventSourceMapping most = DEFAULT.withBatchSize(10_000);
        assertThat(most.delivery().batching().bytes() * 4 / 3 + 10_000 * 500L).isLessThanOrEqualTo(6 << 20);
        assertThat(most.delivery().batching().bytes()).isPositive();
    }

    @Test
    void rangesAreLambdas() {
        List<UnaryOperator<EventSourceMapping>> wrong = List.of(
                mapping -> mapping.withBatchSize(0),
                mapping -> mapping.withBatchSize(10_001),
                mapping -> mapping.withMaximumBatchingWindow(Duration.ofSeconds(301)),
                mapping -> mapping.withParallelizationFactor(11),
                mapping -> mapping.withMaximumRetryAttempts(-2),
                mapping -> mapping.withMaximumRetryAttempts(10_001),
                mapping -> mapping.withMaximumRecordAge(Duration.ofSeconds(59)),
                mapping -> mapping.withMaximumRecordAge(Duration.ofSeconds(604_801)),
                mapping -> mapping.withTumblingWindow(Duration.ZERO),
                mapping -> mapping.withTumblingWindow(Duration.ofSeconds(901)),
                mapping -> mapping.withTumblingWindow(Duration.ofSeconds(9)).withParallelizationFactor(2));
        for (UnaryOperator<EventSourceMapping> change : wrong) {
            assertThatThrownBy(() -> change.apply(DEFAULT)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
