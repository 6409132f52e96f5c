package io.millrace.lease.decide;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.PlanRow;
import java.util.Collection;
import java.util.Optional;

/** Who leads, and who may claim to. */
public final class LeaderElection {
    private LeaderElection() {}

    /**
     * True when the leader should be asked for again: there is none, or its worker does not take part any more. One whose
     * own row cannot be read may live and lead.
     *
     * @param leader who was last known to lead
     */
    public static boolean isSuspect(Optional<WorkerId> leader, Fleet fleet) {
        return leader.map(fleet::of)
                .map(standing -> standing != Standing.ACTIVE && standing != Standing.UNKNOWN)
                .orElse(true);
    }

    /**
     * True when {@code row}, seen at {@code seenAt}, names a leader that leads no more.
     *
     * @param row the leader's row, empty when there is none
     */
    public static boolean mayClaim(Optional<LeaderRow> row, long seenAt, Fleet fleet) {
        return row.map(leader ->
                        fleet.of(leader.leader()) == Standing.LEAVING || fleet.provesDead(leader.leader(), seenAt))
                .orElse(true);
    }

    /** What {@code me} writes to lead after {@code row}: an epoch above all that were seen. */
    public static LeaderRow claim(Optional<LeaderRow> row, long highestEpochSeen, WorkerId me) {
        long last = Math.max(highestEpochSeen, row.map(LeaderRow::epoch).orElse(0L));
        return new LeaderRow(row.map(LeaderRow::revision).orElse(0L), last + 1, me);
    }

    /** The youngest leadership that wrote one of {@code plans}. */
    public static Optional<PlanRow> latest(Collection<PlanRow> plans) {
        return plans.stream().max(java.util.Comparator.comparingLong(PlanRow::leaderEpoch));
    }
}
