package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProofTest {
    private long now = 1000;
    private final Proof proof = new Proof(() -> now, Duration.ofNanos(80), 1000);

    @Test
    void proofLastsFromTheSendingOfTheLastConfirmedHeartbeat() {
        now = 1060;
        assertThat(proof.renew(1020)).isTrue();

        now = 1099;
        assertThat(proof.isCurrent()).isTrue();
        assertThat(proof.left()).isEqualTo(Duration.ofNanos(1));
        now = 1100;
        assertThat(proof.isCurrent()).isFalse();
        assertThat(proof.left()).isZero();
    }

    @Test
    void expiredProofIsNotRevivedByALateAnswer() {
        now = 1080;

        assertThat(proof.renew(1079)).isFalse();
        assertThat(proof.isCurrent()).isFalse();
    }

    @Test
    void endedProofIsNotRevived() {
        proof.end();

        assertThat(proof.renew(1000)).isFalse();
        assertThat(proof.isCurrent()).isFalse();
    }
}
