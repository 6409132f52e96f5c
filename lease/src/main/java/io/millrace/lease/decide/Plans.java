package io.millrace.lease.decide;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Planner.Assignment;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PlanRow;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** From rows to a plan and back to the rows that say it. */
public final class Plans {
    private Plans() {}

    /**
     * The plan rows that must be written for the table to say what is best now. Rows that say it already, under this
     * leader, are left out.
     *
     * @param before the plan rows that are there
     * @param leader who plans
     */
    public static List<PlanRow> changes(LeaseBook leases, Collection<PlanRow> before, Fleet fleet, LeaderRow leader) {
        SortedMap<LeaseKey, Assignment> plan =
                Planner.plan(Planner.candidates(leases, assignments(before)), fleet.all(Standing.ACTIVE));
        Map<WorkerId, PlanRow> rows = new HashMap<>();
        before.forEach(row -> rows.put(row.worker(), row));
        SortedSet<WorkerId> living = new TreeSet<>(fleet.all(Standing.ACTIVE));
        living.addAll(fleet.all(Standing.LEAVING));
        List<PlanRow> changed = new ArrayList<>();
        for (WorkerId worker : living) {
            PlanRow row = rowOf(worker, plan, leases, leader, rows.get(worker));
            if (isNews(row, rows.get(worker))) {
                changed.add(row);
            }
        }
        return changed;
    }

    /** The rows among {@code plans} whose workers have no row any more, or are expired. */
    public static List<PlanRow> stale(Collection<PlanRow> plans, Fleet fleet) {
        return plans.stream().filter(plan -> !fleet.of(plan.worker()).isAlive()).toList();
    }

    private static boolean isNews(PlanRow row, @Nullable PlanRow before) {
        boolean empty = row.leases().isEmpty() && row.gives().isEmpty();
        return before == null ? !empty : !row.sameContent(before);
    }

    private static PlanRow rowOf(
            WorkerId worker,
            SortedMap<LeaseKey, Assignment> plan,
            LeaseBook leases,
            LeaderRow leader,
            @Nullable PlanRow before) {
        SortedMap<LeaseKey, String> own = new TreeMap<>();
        SortedMap<LeaseKey, WorkerId> gives = new TreeMap<>();
        plan.forEach((key, assignment) -> {
            Optional<WorkerId> owner = leases.row(key).flatMap(LeaseRow::owner);
            if (assignment.worker().equals(worker)) {
                own.put(key, assignment.reason());
            } else if (owner.equals(Optional.of(worker))) {
                gives.put(key, assignment.worker());
            }
        });
        long revision = before == null ? 0 : before.revision();
        return new PlanRow(worker, revision, leader.leader(), leader.epoch(), own, gives);
    }

    /** What the last plans said. Where two say the same lease, which a crash of a leader can leave, the younger wins. */
    private static Map<LeaseKey, Assignment> assignments(Collection<PlanRow> plans) {
        Map<LeaseKey, Assignment> assignments = new HashMap<>();
        Map<LeaseKey, Long> epochs = new HashMap<>();
        for (PlanRow plan : plans) {
            plan.leases().forEach((key, reason) -> {
                if (requireNonNull(epochs.getOrDefault(key, -1L)) < plan.leaderEpoch()) {
                    epochs.put(key, plan.leaderEpoch());
                    assignments.put(key, new Assignment(plan.worker(), reason));
                }
            });
        }
        return assignments;
    }
}
