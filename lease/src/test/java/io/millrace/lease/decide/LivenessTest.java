package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.ALICE;
import static io.millrace.lease.decide.Rows.worker;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LivenessTest {
    private final Liveness liveness = new Liveness(Duration.ofNanos(100));

    @Test
    void workerWhoseHeartbeatMovesIsActive() {
        for (long i = 0; i < 10; i++) {
            assertThat(liveness.observe(List.of(worker(ALICE, i + 1)), i * 90, i * 90 + 1)
                            .of(ALICE))
                    .isEqualTo(Standing.ACTIVE);
        }
    }

    @Test
    void workerIsExpiredWhenAReadSentAFailoverTimeLaterShowsTheSame() {
        liveness.observe(List.of(worker(ALICE, 7)), 0, 10);

        assertThat(liveness.observe(List.of(worker(ALICE, 7)), 109, 200).of(ALICE))
                .isEqualTo(Standing.ACTIVE);
        assertThat(liveness.observe(List.of(worker(ALICE, 7)), 110, 200).of(ALICE))
                .isEqualTo(Standing.EXPIRED);
    }

    @Test
    void workerThatMovesAfterAllIsActiveAgain() {
        liveness.observe(List.of(worker(ALICE, 7)), 0, 10);
        liveness.observe(List.of(worker(ALICE, 7)), 110, 120);

        assertThat(liveness.observe(List.of(worker(ALICE, 8)), 130, 140).of(ALICE))
                .isEqualTo(Standing.ACTIVE);
    }

    @Test
    void missingWorkerIsProvenDeadOnlyByALaterRead() {
        Fleet fleet = liveness.observe(List.of(), 50, 60);

        assertThat(fleet.provesDead(ALICE, 51)).isFalse();
        assertThat(fleet.provesDead(ALICE, 50)).isTrue();
    }
}
