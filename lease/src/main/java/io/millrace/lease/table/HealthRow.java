package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseStatus;
import io.millrace.lease.WorkerId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How the leases of one worker get on, in its own words, for people. A lease that it holds and does not name here is well.
 * Bounded in size whatever happens to how many shards: the worst come first, then less is said of each, then they are counted.
 *
 * @param worker who tells
 * @param revision how often the row was written
 * @param at when that was, on the worker's wall clock, in milliseconds
 * @param statuses the leases that are not well, the worst first
 * @param leftOut how many more are not well
 */
public record HealthRow(WorkerId worker, long revision, Instant at, List<LeaseStatus> statuses, int leftOut)
        implements Row {
    /** A fifth of what an item may have (DynamoDB, limits: 400 KB); what is written costs by the KB. */
    static final int MOST_BYTES = 64 * 1024;

    /** Of these, what may go to the positions of batches and the places of waits. */
    private static final int MOST_BYTES_IN_FULL = 32 * 1024;

    /** Checks the parts and copies the list. */
    public HealthRow {
        requireNonNull(worker, "worker");
        at = at.truncatedTo(ChronoUnit.MILLIS);
        statuses = List.copyOf(statuses);
        if (revision < 0 || leftOut < 0) {
            throw new IllegalArgumentException("negative revision or count in the health of " + worker);
        }
    }

    /** What {@code worker} has to tell of {@code statuses}, as much of it as a row holds. */
    public static HealthRow of(WorkerId worker, Instant at, List<LeaseStatus> statuses) {
        List<LeaseStatus> worst = LeaseStatus.worstFirst(statuses);
        List<LeaseStatus> told = new ArrayList<>();
        StatusCodec.Size size = new StatusCodec.Size();
        for (LeaseStatus status : worst) {
            LeaseStatus said = size.with(status) <= MOST_BYTES_IN_FULL ? status : StatusCodec.inShort(status);
            if (size.with(said) > MOST_BYTES) {
                break;
            }
            size.add(said);
            told.add(said);
        }
        return new HealthRow(worker, 0, at, told, worst.size() - told.size());
    }

    /** How many bytes the leases take in the row, a little more than they do. */
    public int bytes() {
        StatusCodec.Size size = new StatusCodec.Size();
        statuses.forEach(size::add);
        return size.bytes();
    }

    /** True when those who have read this row would learn something from {@code now}. */
    public boolean isOutdatedBy(HealthRow now) {
        if (statuses.size() != now.statuses.size() || leftOut != now.leftOut) {
            return true;
        }
        List<LeaseStatus> before = sorted(statuses);
        List<LeaseStatus> after = sorted(now.statuses);
        for (int i = 0; i < before.size(); i++) {
            if (before.get(i).isOutdatedBy(after.get(i))) {
                return true;
            }
        }
        return false;
    }

    private static List<LeaseStatus> sorted(List<LeaseStatus> statuses) {
        return statuses.stream().sorted(Comparator.comparing(LeaseStatus::key)).toList();
    }

    @Override
    public Entity entity() {
        return Entity.health(worker);
    }

    @Override
    public HealthRow withRevision(long other) {
        return new HealthRow(worker, other, at, statuses, leftOut);
    }
}
