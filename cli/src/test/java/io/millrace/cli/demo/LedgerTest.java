package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.demo.WorkerMessage.Processed;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private final Ledger ledger = new Ledger();

    @Test
    void everythingOnceInOrderPasses() {
        put("k", 3);
        did("s0", 1, 10, "k", 1, 2, 3);
        assertThat(ledger.judge(List.of(), false)).isEqualTo(new DemoReport(3, 3, 3, 0, 0, 0, List.of(), null));
        assertThat(ledger.judge(List.of(), false).passed()).isTrue();
    }

    @Test
    void recordThatNobodyProcessedIsLost() {
        put("k", 3);
        did("s0", 1, 10, "k", 1, 3);
        assertThat(ledger.judge(List.of(), false).lost()).isEqualTo(1);
        assertThat(ledger.judge(List.of(), false).passed()).isFalse();
    }

    @Test
    void redeliveryToTheNextOwnerIsADuplicateAndNoViolation() {
        put("k", 4);
        did("s0", 1, 10, "k", 1, 2, 3);
        did("s0", 2, 20, "k", 2, 3, 4);
        assertThat(ledger.judge(List.of(), false)).isEqualTo(new DemoReport(4, 6, 4, 2, 0, 0, List.of(), null));
    }

    @Test
    void laterRecordOfAKeyFirstIsAViolation() {
        put("k", 2);
        did("s0", 1, 10, "k", 2);
        did("s1", 1, 20, "k", 1);
        assertThat(ledger.judge(List.of(), false).orderViolations()).isEqualTo(1);
    }

    @Test
    void goingBackWithinOneOwnershipIsAViolationEvenForADuplicate() {
        put("k", 2);
        did("s0", 1, 10, "k", 1, 2, 1);
        assertThat(ledger.judge(List.of(), false)).isEqualTo(new DemoReport(2, 3, 2, 1, 1, 0, List.of(), null));
    }

    @Test
    void reportsThatArriveLateAreJudgedByTheirTime() {
        put("k", 2);
        did("s0", 2, 20, "k", 2);
        did("s0", 1, 10, "k", 1);
        assertThat(ledger.judge(List.of(), false).orderViolations()).isZero();
    }

    @Test
    void behindIsWhatIsPutButNotProcessed() {
        put("k", 3);
        did("s0", 1, 10, "k", 1, 1);
        assertThat(ledger.behind("s0")).isEqualTo(2);
        assertThat(ledger.duplicates()).isEqualTo(1);
    }

    private void put(String key, int records) {
        for (int i = 0; i < records; i++) {
            ledger.acknowledged(key, "s0");
        }
    }

    private void did(String shard, long epoch, long micros, String key, int... numbers) {
        for (int number : numbers) {
            ledger.processed(new Processed(shard, epoch, micros, number, key));
        }
    }
}
