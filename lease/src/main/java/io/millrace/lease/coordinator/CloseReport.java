package io.millrace.lease.coordinator;

import static java.util.Collections.unmodifiableSortedSet;

import io.millrace.lease.LeaseKey;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How a worker left.
 *
 * @param released leases that were given back in good order
 * @param abandoned leases whose holders did not give them back before the deadline; records after their last checkpoint
 *     are processed again elsewhere
 * @param rowsRemoved true when the table no longer mentions this worker; else the others wait for its failover time
 */
public record CloseReport(SortedSet<LeaseKey> released, SortedSet<LeaseKey> abandoned, boolean rowsRemoved) {
    /** Copies the sets. */
    public CloseReport {
        released = copy(released);
        abandoned = copy(abandoned);
    }

    private static SortedSet<LeaseKey> copy(Set<LeaseKey> keys) {
        return unmodifiableSortedSet(new TreeSet<>(keys));
    }
}
