package io.millrace.lease.decide;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.ShardId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The leases as last seen, and when. Belongs to the event loop of its owner; the decisions read it only.
 */
public final class LeaseBook {
    private final NavigableMap<LeaseKey, Seen> leases = new TreeMap<>();

    /** Knows no lease. */
    public LeaseBook() {}

    /**
     * Takes in a list of all leases. Rows that became known after the list was asked for, and are newer than it says,
     * stay.
     */
    public void replaceAll(List<LeaseRow> rows, long sentAt, long receivedAt) {
        NavigableMap<LeaseKey, Seen> before = new TreeMap<>(leases);
        leases.clear();
        rows.forEach(row -> leases.put(row.key(), new Seen(row, receivedAt)));
        before.forEach((key, seen) -> {
            Seen listed = leases.get(key);
            boolean newer = listed == null || seen.row.revision() > listed.row.revision();
            if (newer && seen.at - sentAt >= 0) {
                leases.put(key, seen);
            }
        });
    }

    /** Takes in one row as a write left or met it, at {@code at} in ticks. */
    public void learn(LeaseRow row, long at) {
        leases.put(row.key(), new Seen(row, at));
    }

    /** Takes in one row as it was read. What was overtaken by something newer changes nothing. */
    public void hear(LeaseRow row, long at) {
        Seen known = leases.get(row.key());
        if (known == null || known.row.revision() <= row.revision()) {
            learn(row, at);
        }
    }

    /** Takes in that {@code row} was deleted. */
    public void forget(LeaseRow row) {
        Seen seen = leases.get(row.key());
        if (seen != null && seen.row.equals(row)) {
            leases.remove(row.key());
        }
    }

    /** The lease's row, empty when none is known. */
    public Optional<LeaseRow> row(LeaseKey key) {
        return Optional.ofNullable(leases.get(key)).map(Seen::row);
    }

    /** All rows in the order of their keys. */
    public Collection<LeaseRow> rows() {
        List<LeaseRow> rows = new ArrayList<>(leases.size());
        for (Seen seen : leases.values()) {
            rows.add(seen.row);
        }
        return rows;
    }

    /**
     * True when the lease may be consumed: it is not finished, and it has started before or all its parents are at their
     * end. A parent without a row is waited for: the leader's shard sync creates it, or strikes it from the list.
     */
    public boolean isReady(LeaseRow row) {
        if (row.isFinished() || !row.isNotStarted()) {
            return !row.isFinished();
        }
        for (ShardId parent : row.lineage().parents()) {
            if (!isFinished(row.key(), parent)) {
                return false;
            }
        }
        return true;
    }

    /** True when the lease's owner, if any, can no longer act on it. */
    public boolean isFree(LeaseRow row, Fleet fleet) {
        Optional<WorkerId> owner = row.owner();
        if (owner.isEmpty()) {
            return true;
        }
        Seen seen = leases.get(row.key());
        return seen != null && seen.row.equals(row) && fleet.provesDead(owner.get(), seen.at);
    }

    private boolean isFinished(LeaseKey child, ShardId parent) {
        return row(new LeaseKey(child.stream(), parent))
                .map(LeaseRow::isFinished)
                .orElse(false);
    }

    private record Seen(LeaseRow row, long at) {}
}
