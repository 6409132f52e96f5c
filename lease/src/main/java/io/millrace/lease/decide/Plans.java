package io.millrace.lease.decide;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableSortedMap;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Planner.Assignment;
import io.millrace.lease.decide.Planner.Candidate;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.model.StreamName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** From rows to a plan and back to the rows that say it. */
public final class Plans {
    private Plans() {}

    /**
     * What a leader decided.
     *
     * @param changed the plan rows that must be written for the table to say so; rows that say it already, under this
     *     leader, are left out
     * @param news what was decided now and not before, each with its reason
     * @param unplaced the leases that could be consumed, but no worker that reads their stream has room for them
     */
    public record Decision(
            List<PlanRow> changed, SortedMap<LeaseKey, Assignment> news, NavigableSet<LeaseKey> unplaced) {
        /** Copies the parts. */
        public Decision {
            changed = List.copyOf(changed);
            news = Collections.unmodifiableSortedMap(new TreeMap<>(news));
            unplaced = Collections.unmodifiableNavigableSet(new TreeSet<>(unplaced));
        }
    }

    /**
     * Decides what is best now.
     *
     * @param control what the table says of workers and plans
     * @param leader who plans
     */
    public static Decision decide(LeaseBook leases, ControlRows control, Fleet fleet, LeaderRow leader) {
        Map<LeaseKey, Assignment> last = assignments(control.plans());
        Map<WorkerId, Seat> seats = Seat.of(control.workers(), fleet);
        // A stream that nobody reads was removed: its leases wait in the table until somebody names it again.
        Map<StreamName, Boolean> isRead = new HashMap<>();
        List<Candidate> candidates = Planner.candidates(leases, last);
        candidates.removeIf(lease -> !isRead.computeIfAbsent(
                lease.key().stream(), stream -> seats.values().stream().anyMatch(seat -> seat.takes(stream))));
        Map<LeaseKey, Assignment> plan = Planner.plan(candidates, seats);
        NavigableSet<LeaseKey> unplaced = new TreeSet<>();
        SortedMap<LeaseKey, Assignment> news = new TreeMap<>();
        for (Candidate lease : candidates) {
            Assignment assignment = plan.get(lease.key());
            if (assignment == null) {
                unplaced.add(lease.key());
            } else if (!assignment.equals(lease.planned().orElse(null))) {
                news.put(lease.key(), assignment);
            }
        }
        return new Decision(changes(candidates, plan, control.plans(), fleet, leader), news, unplaced);
    }

    private static List<PlanRow> changes(
            List<Candidate> candidates,
            Map<LeaseKey, Assignment> plan,
            Collection<PlanRow> before,
            Fleet fleet,
            LeaderRow leader) {
        Map<WorkerId, Side> sides = new LinkedHashMap<>();
        fleet.all(Standing.ACTIVE).forEach(worker -> sides.put(worker, new Side()));
        fleet.all(Standing.LEAVING).forEach(worker -> sides.put(worker, new Side()));
        for (Candidate lease : candidates) {
            Assignment assignment = plan.get(lease.key());
            if (assignment != null) {
                Side to = requireNonNull(sides.get(assignment.worker()));
                to.leases.put(lease.key(), assignment.reason());
                Side from = lease.owner().map(sides::get).orElse(null);
                if (from != null && from != to) {
                    from.gives.put(lease.key(), assignment.worker());
                }
            }
        }
        Map<WorkerId, PlanRow> rows = new HashMap<>();
        before.forEach(row -> rows.put(row.worker(), row));
        List<PlanRow> changed = new ArrayList<>();
        sides.forEach((worker, side) -> {
            PlanRow old = rows.get(worker);
            long revision = old == null ? 0 : old.revision();
            PlanRow row = new PlanRow(
                    worker,
                    revision,
                    leader.leader(),
                    leader.epoch(),
                    side.leases.buildOrThrow(),
                    side.gives.buildOrThrow());
            if (isNews(row, old)) {
                changed.add(row);
            }
        });
        return changed;
    }

    /** What one worker's row will say. */
    private static final class Side {
        private final ImmutableSortedMap.Builder<LeaseKey, String> leases = ImmutableSortedMap.naturalOrder();
        private final ImmutableSortedMap.Builder<LeaseKey, WorkerId> gives = ImmutableSortedMap.naturalOrder();
    }

    /**
     * True if a worker that lives has not confirmed its plan: whoever wrote it may have been gone before he could tell of it.
     */
    public static boolean isMissed(ControlRows control, Fleet fleet) {
        return control.workers().stream()
                .filter(worker -> fleet.of(worker.id()).isAlive())
                .anyMatch(worker -> control.plans().stream()
                        .anyMatch(plan -> plan.worker().equals(worker.id()) && plan.revision() > worker.planSeen()));
    }

    /**
     * The rows among {@code plans} whose workers are proven dead. A worker without a row may just have joined, and another
     * leader have planned for it: were that plan removed, the next one would begin with a revision that the worker has
     * confirmed already, and be taken for known before it is.
     *
     * @param seenAt since when there is known to be a plan for a worker
     */
    public static List<PlanRow> stale(Collection<PlanRow> plans, Fleet fleet, Map<WorkerId, Long> seenAt) {
        return plans.stream()
                .filter(plan -> fleet.provesDead(plan.worker(), seenAt.getOrDefault(plan.worker(), fleet.readAt() + 1)))
                .toList();
    }

    /** What was to be given and is gone may stay: it speaks of nothing any more, and telling would cost every worker a look. */
    private static boolean isNews(PlanRow row, @Nullable PlanRow before) {
        if (before == null) {
            return !row.leases().isEmpty() || !row.gives().isEmpty();
        }
        PlanRow withoutGone = new PlanRow(
                row.worker(), row.revision(), row.leader(), row.leaderEpoch(), row.leases(), before.gives());
        return !withoutGone.sameContent(before)
                || !before.gives().entrySet().containsAll(row.gives().entrySet());
    }

    /** What the last plans said. Where two say the same lease, which a crash of a leader can leave, the younger wins. */
    private static Map<LeaseKey, Assignment> assignments(Collection<PlanRow> plans) {
        List<PlanRow> youngestFirst = new ArrayList<>(plans);
        youngestFirst.sort(Comparator.comparingLong(PlanRow::leaderEpoch).reversed());
        Map<LeaseKey, Assignment> assignments = new HashMap<>();
        for (PlanRow plan : youngestFirst) {
            plan.leases().forEach((key, reason) -> assignments.putIfAbsent(key, new Assignment(plan.worker(), reason)));
        }
        return assignments;
    }
}
