package io.millrace.lease.decide;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.WorkerRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What a worker does about its plan.
 *
 * @param takes the leases to take now
 * @param waits true when a planned lease is neither held nor can be taken yet, and nobody alive has it: look at the
 *     leases again soon
 * @param watches what live workers are about to give back: look at these very soon, their records wait
 */
public record Intentions(List<LeaseRow> takes, boolean waits, List<LeaseKey> watches) {
    /** Copies the lists. */
    public Intentions {
        takes = List.copyOf(takes);
        watches = List.copyOf(watches);
    }

    /** True when everything planned is held, or will be as soon as it is taken. */
    public boolean isSettled() {
        return !waits && watches.isEmpty();
    }

    /**
     * What follows from {@code plan}. A lease is taken when it is ready and nobody can act on it: it has no owner, or
     * its owner is proven dead, or its owner was told to give it, has confirmed that, and has had its time.
     *
     * @param held what this worker holds or is taking
     * @param overdue what others should have given long ago, with the epochs of those ownerships, see
     *     {@link HandoffPatience}
     */
    public static Intentions of(
            PlanRow plan, Set<LeaseKey> held, LeaseBook leases, Fleet fleet, Map<LeaseKey, Long> overdue) {
        List<LeaseRow> takes = new ArrayList<>();
        boolean waits = false;
        List<LeaseKey> watches = new ArrayList<>();
        for (LeaseKey key : plan.leases().keySet()) {
            Optional<LeaseRow> row = leases.row(key);
            if (held.contains(key) || row.map(LeaseRow::isFinished).orElse(false)) {
                continue;
            }
            if (row.isPresent() && leases.isReady(row.get()) && mayTake(row.get(), plan, leases, fleet, overdue)) {
                takes.add(row.get());
            } else if (row.flatMap(LeaseRow::owner)
                    .filter(owner -> fleet.of(owner).isAlive())
                    .isPresent()) {
                watches.add(key);
            } else {
                waits = true;
            }
        }
        return new Intentions(takes, waits, watches);
    }

    private static boolean mayTake(
            LeaseRow row, PlanRow plan, LeaseBook leases, Fleet fleet, Map<LeaseKey, Long> overdue) {
        return leases.isFree(row, fleet)
                || row.isOwnedBy(plan.worker())
                || Objects.equals(overdue.get(row.key()), row.epoch());
    }

    /**
     * The leases whose owners were told to give them to {@code me} and have confirmed that they know: the owner's own row
     * names the revision of the plan that says so. With the epochs of the ownerships that shall end.
     */
    static Map<LeaseKey, Long> confirmed(ControlRows control, LeaseBook leases, WorkerId me) {
        Map<LeaseKey, Long> confirmed = new HashMap<>();
        for (PlanRow plan : control.plans()) {
            Optional<WorkerRow> worker = control.workers().stream()
                    .filter(row -> row.id().equals(plan.worker()))
                    .findFirst();
            if (worker.map(row -> row.planSeen() == plan.revision()).orElse(false)) {
                plan.gives()
                        .forEach((key, to) -> leases.row(key)
                                .filter(row -> to.equals(me) && row.isOwnedBy(plan.worker()))
                                .ifPresent(row -> confirmed.put(key, row.epoch())));
            }
        }
        return confirmed;
    }
}
