package io.millrace.lease.decide;

import io.millrace.lease.WorkerId;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What one read of the workers' rows showed.
 *
 * @param readAt when that read was sent, in ticks; what had happened before is in it
 * @param standings every worker that has a row
 */
public record Fleet(long readAt, SortedMap<WorkerId, Standing> standings) {
    /** Copies the map. */
    public Fleet {
        standings = Collections.unmodifiableSortedMap(new TreeMap<>(standings));
    }

    /** What is held of {@code worker}. */
    public Standing of(WorkerId worker) {
        return standings.getOrDefault(worker, Standing.GONE);
    }

    /**
     * True when {@code worker}, which was seen in some row at {@code seenAt}, can no longer act. That it has no row says
     * so only if the read came later: it may have joined in between.
     */
    public boolean provesDead(WorkerId worker, long seenAt) {
        Standing standing = of(worker);
        return standing == Standing.EXPIRED || (standing == Standing.GONE && readAt - seenAt >= 0);
    }

    /** The workers of this standing, in order. */
    public SortedSet<WorkerId> all(Standing standing) {
        return standings.entrySet().stream()
                .filter(entry -> entry.getValue() == standing)
                .map(java.util.Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
