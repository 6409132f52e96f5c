package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.ALICE;
import static io.millrace.lease.decide.Rows.BOB;
import static io.millrace.lease.decide.Rows.fleet;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.table.LeaderRow;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LeaderElectionTest {
    private final Optional<LeaderRow> alice = Optional.of(new LeaderRow(3, 5, ALICE));

    @Test
    void missingLeaderIsReplacedOnlyIfTheWorkersWereReadAfterItsRow() {
        assertThat(LeaderElection.mayClaim(alice, 10, fleet(9, Map.of()))).isFalse();
        assertThat(LeaderElection.mayClaim(alice, 10, fleet(10, Map.of()))).isTrue();
    }

    @Test
    void leaderThatTakesPartStays() {
        assertThat(LeaderElection.mayClaim(alice, 10, fleet(20, Map.of(ALICE, Standing.ACTIVE))))
                .isFalse();
    }

    @Test
    void leavingOrExpiredLeaderIsReplaced() {
        assertThat(LeaderElection.mayClaim(alice, 10, fleet(9, Map.of(ALICE, Standing.LEAVING))))
                .isTrue();
        assertThat(LeaderElection.mayClaim(alice, 10, fleet(9, Map.of(ALICE, Standing.EXPIRED))))
                .isTrue();
    }

    @Test
    void claimIsAboveEveryEpochSeen() {
        assertThat(LeaderElection.claim(alice, 8, BOB)).isEqualTo(new LeaderRow(3, 9, BOB));
        assertThat(LeaderElection.claim(alice, 0, BOB)).isEqualTo(new LeaderRow(3, 6, BOB));
        assertThat(LeaderElection.claim(Optional.empty(), 0, BOB)).isEqualTo(new LeaderRow(0, 1, BOB));
    }
}
