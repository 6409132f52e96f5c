package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Fleet;
import io.millrace.lease.decide.Standing;
import io.millrace.lease.table.PlanRow;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * How long a worker that leaves keeps its leases. One that is given back before it has a new owner stands still until the leader
 * has found one. So leases wait for the plan that names their new owners, and then go one after the other, see {@link Giving}.
 * Those that no plan names in time go without one, all at once; so do all when nobody stays who could take them.
 *
 * <p>Belongs to the loop.
 */
final class Farewell {
    /** The others' poll, the election of a new leader, its plan, and the poll here that reads it: each takes two at most. */
    private static final int POLLS = 8;

    private final Wiring wiring;
    private final WorkerId me;
    private final OwnedLeases leases;
    private boolean begun;
    private boolean othersStay;
    private Set<LeaseKey> planned = Set.of();

    Farewell(Wiring wiring, WorkerId me, OwnedLeases leases) {
        this.wiring = wiring;
        this.me = me;
        this.leases = leases;
    }

    /** The worker leaves within {@code deadline}: a quarter of it is for finding new owners, half for giving in turn. */
    void begin(Duration deadline) {
        begun = true;
        if (!othersStay) {
            leases.askForRest(Set.of());
            return;
        }
        Duration patience = wiring.settings().pollInterval().multipliedBy(POLLS);
        Duration quarter = deadline.dividedBy(4);
        wiring.later(patience.compareTo(quarter) < 0 ? patience : quarter, () -> leases.askForRest(planned));
        wiring.later(deadline.dividedBy(2), () -> leases.askForRest(Set.of()));
    }

    /** Takes in who takes part, and what the plan of this worker says, if it has one. */
    void look(Fleet fleet, Optional<PlanRow> plan) {
        othersStay = fleet.all(Standing.ACTIVE).stream().anyMatch(worker -> !worker.equals(me));
        planned = plan.map(PlanRow::gives).map(gives -> gives.keySet()).orElse(Set.of());
        if (begun && !othersStay) {
            leases.askForRest(Set.of());
        }
    }
}
