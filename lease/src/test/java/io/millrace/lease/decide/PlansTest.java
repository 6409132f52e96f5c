package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.ALICE;
import static io.millrace.lease.decide.Rows.BOB;
import static io.millrace.lease.decide.Rows.CAROL;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.PlanRow;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class PlansTest {
    private static final long READ_AT = 100;

    private final Fleet fleet = Rows.fleet(READ_AT, Map.of(ALICE, Standing.ACTIVE, BOB, Standing.EXPIRED));

    @Test
    void planOfAWorkerThatLeftIsStale() {
        PlanRow plan = plan(CAROL);

        assertThat(Plans.stale(List.of(plan(ALICE), plan), fleet, Map.of(ALICE, READ_AT, CAROL, READ_AT)))
                .containsExactly(plan);
    }

    @Test
    void planOfAnExpiredWorkerIsStaleSinceWhenEverItIsKnown() {
        PlanRow plan = plan(BOB);

        assertThat(Plans.stale(List.of(plan), fleet, Map.of())).containsExactly(plan);
    }

    /** Else the next plan for it would begin with the revision that it has confirmed, and be taken for known. */
    @Test
    void planOfAWorkerThatMayHaveJoinedSinceIsNotStale() {
        List<PlanRow> plans = List.of(plan(CAROL));

        assertThat(Plans.stale(plans, fleet, Map.of(CAROL, READ_AT + 1))).isEmpty();
        assertThat(Plans.stale(plans, fleet, Map.of())).isEmpty();
    }

    private static PlanRow plan(WorkerId worker) {
        return new PlanRow(worker, 1, ALICE, 1, new TreeMap<>(), new TreeMap<>());
    }
}
