package io.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointLedgerTest {
    private final CheckpointLedger ledger = new CheckpointLedger(Checkpoint.notStarted(Position.trimHorizon()));

    static RecordPosition at(int number) {
        return RecordPosition.of(SequenceNumber.parse(Integer.toString(number)));
    }

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, 100);
    }

    @Test
    void nothingIsDueBeforeSomethingIsProcessed() {
        ledger.delivered(at(3));
        assertThat(ledger.due()).isEmpty();
    }

    @Test
    void whatIsProcessedIsDueUntilItWasAskedFor() {
        ledger.delivered(at(3));
        ledger.processed(at(2));
        assertThat(ledger.due()).contains(Checkpoint.processed(at(2)));
        ledger.asked(Checkpoint.processed(at(2)));
        assertThat(ledger.due()).isEmpty();
        ledger.allProcessed();
        assertThat(ledger.due()).contains(Checkpoint.processed(at(3)));
    }

    @Test
    void whatWasNotDeliveredCannotBeProcessed() {
        assertThatThrownBy(() -> ledger.processed(at(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("beyond the last delivered record (none)");
        ledger.delivered(at(3));
        assertThatThrownBy(() -> ledger.processed(at(4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4/0");
    }

    @Test
    void processingNeverGoesBack() {
        ledger.delivered(at(3));
        ledger.processed(at(3));
        ledger.processed(at(1));
        assertThat(ledger.processed()).isEqualTo(Checkpoint.processed(at(3)));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noStepIsEverAheadOfTheOneBefore(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int delivered = 0;
        for (int i = 0; i < 200; i++) {
            Checkpoint processedBefore = ledger.processed();
            Checkpoint askedBefore = ledger.asked();
            switch (random.nextInt(3)) {
                case 0 -> {
                    delivered += random.nextInt(3);
                    ledger.delivered(at(Math.max(delivered, 1)));
                    delivered = Math.max(delivered, 1);
                }
                case 1 -> {
                    if (delivered > 0) {
                        ledger.processed(at(1 + random.nextInt(delivered)));
                    }
                }
                default -> ledger.due().ifPresent(ledger::asked);
            }
            assertThat(processedBefore.isAfter(ledger.processed()))
                    .as("seed " + seed)
                    .isFalse();
            assertThat(askedBefore.isAfter(ledger.asked())).as("seed " + seed).isFalse();
            assertThat(ledger.asked().isAfter(ledger.processed()))
                    .as("seed " + seed)
                    .isFalse();
            if (delivered > 0) {
                assertThat(ledger.processed().isAfter(Checkpoint.processed(at(delivered))))
                        .as("seed " + seed)
                        .isFalse();
            }
        }
    }
}
