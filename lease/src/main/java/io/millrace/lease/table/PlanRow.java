package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.Iterables;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import java.util.SortedMap;

/**
 * What the leader wants of one worker.
 *
 * @param worker who shall do it
 * @param revision how often the row was written: the version of the plan
 * @param leader who wrote it
 * @param leaderEpoch the leader's fencing number; a plan of an older leader is ignored
 * @param leases what the worker shall own, each with one line that says why
 * @param gives what the worker owns and shall hand over, and to whom
 */
public record PlanRow(
        WorkerId worker,
        long revision,
        WorkerId leader,
        long leaderEpoch,
        SortedMap<LeaseKey, String> leases,
        SortedMap<LeaseKey, WorkerId> gives)
        implements Row {
    /** Checks the parts and copies the maps. */
    public PlanRow {
        requireNonNull(worker, "worker");
        requireNonNull(leader, "leader");
        leases = ImmutableSortedMap.copyOf(leases);
        gives = ImmutableSortedMap.copyOf(gives);
        if (revision < 0 || leaderEpoch < 0) {
            throw new IllegalArgumentException("negative revision or epoch in the plan of " + worker);
        }
    }

    /** Both stand in the order of their leases, so this looks nothing up. */
    @Override
    public boolean sameContent(Row other) {
        return other instanceof PlanRow plan
                && worker.equals(plan.worker)
                && leader.equals(plan.leader)
                && leaderEpoch == plan.leaderEpoch
                && Iterables.elementsEqual(leases.entrySet(), plan.leases.entrySet())
                && Iterables.elementsEqual(gives.entrySet(), plan.gives.entrySet());
    }

    @Override
    public Entity entity() {
        return Entity.plan(worker);
    }

    @Override
    public PlanRow withRevision(long other) {
        return new PlanRow(worker, other, leader, leaderEpoch, leases, gives);
    }
}
