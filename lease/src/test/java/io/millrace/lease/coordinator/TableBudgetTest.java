package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A failover time of 10 s: never less than five writes in 10 s, a calm of 10 s, steps of 250 ms. */
final class TableBudgetTest {
    private long now;
    private final TableBudget budget = new TableBudget(() -> now, new SplittableRandom(1), Duration.ofSeconds(10));

    @Test
    void thousandsGoAtOnceWhileNothingIsRefused() {
        for (int i = 0; i < 5000; i++) {
            assertThat(budget.untilNext()).isZero();
            budget.spend();
            budget.applied();
        }
        assertThat(budget.isOpen()).isTrue();
    }

    @Test
    void firstRefusalHalvesWhatWentThrough() {
        for (int i = 0; i < 250; i++) {
            pass(Duration.ofMillis(1));
            budget.applied();
        }
        budget.refused(now);

        assertThat(budget.perSecond()).isBetween(250.0, 510.0);
        assertThat(budget.untilNext()).isPositive();
    }

    @Test
    void refusalsOfWhatWasSentBeforeTheCutDoNotCutAgain() {
        long sent = now;
        pass(Duration.ofMillis(5));
        budget.refused(sent);
        double cut = budget.perSecond();
        for (int i = 0; i < 19; i++) {
            budget.refused(sent);
        }
        assertThat(budget.perSecond()).isEqualTo(cut);

        pass(Duration.ofMillis(5));
        budget.refused(now - 1);
        assertThat(budget.perSecond()).isEqualTo(cut / 2);
    }

    @Test
    void neverFallsBelowAWriteForEachHeartbeat() {
        for (int i = 0; i < 100; i++) {
            pass(Duration.ofMillis(5));
            budget.refused(now - 1);
        }
        assertThat(budget.perSecond()).isEqualTo(0.5);
        assertThat(budget.untilNext()).isBetween(Duration.ofMillis(1800), Duration.ofMillis(2200));
    }

    @Test
    void doesNotGrowWhileNothingGoesThrough() {
        budget.refused(now);
        double cut = budget.perSecond();
        pass(Duration.ofMinutes(5));

        assertThat(budget.perSecond()).isEqualTo(cut);
    }

    @Test
    void growsSlowlyAtFirstFastAfterACalmAndIsOpenInTheEnd() {
        budget.refused(now);
        double cut = budget.perSecond();
        budget.applied();
        pass(Duration.ofSeconds(1));
        assertThat(budget.perSecond()).isBetween(cut * 1.1, cut * 1.3);
        pass(Duration.ofSeconds(9));
        assertThat(budget.perSecond()).isBetween(cut * 6, cut * 8);
        pass(Duration.ofSeconds(2));
        assertThat(budget.perSecond()).isGreaterThan(cut * 50);
        pass(Duration.ofSeconds(10));
        assertThat(budget.isOpen()).isTrue();
    }

    @Test
    void spendsWhatThereIsForEachSecond() {
        for (int i = 0; i < 250; i++) {
            pass(Duration.ofMillis(1));
            budget.applied();
        }
        budget.refused(now);
        double perSecond = budget.perSecond();
        int spent = 0;
        for (int i = 0; i < 10_000; i++) {
            pass(Duration.ofNanos(100_000));
            while (budget.untilNext().isZero()) {
                budget.spend();
                spent++;
            }
        }
        assertThat(spent).isBetween((int) (perSecond * 0.9), (int) (perSecond * 1.1) + 10);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
