package io.millrace.lease.decide;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WorkerRow;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Judges workers by whether their heartbeat moves, on the observer's own ticks. A worker is expired when a read showed
 * its revision and another read, sent a failover time after the first was received, still showed the same. So an
 * observer that has just started, or was asleep, or could not read, waits a whole failover time itself.
 *
 * <p>Belongs to the event loop of its owner.
 */
public final class Liveness {
    private final long failoverNanos;
    private Map<WorkerId, Sighting> sightings = new HashMap<>();

    /** Judges by {@code failoverTime}. */
    public Liveness(Duration failoverTime) {
        this.failoverNanos = failoverTime.toNanos();
    }

    /**
     * Takes in what a read showed.
     *
     * @param sentAt when the read was sent, in ticks
     * @param receivedAt when its answer came
     */
    public Fleet observe(List<WorkerRow> rows, long sentAt, long receivedAt) {
        return observe(rows, List.of(), sentAt, receivedAt);
    }

    /**
     * The same, with rows that cannot be read: a worker whose row is one of them may live, and is not gone. If its
     * revision stands still for the failover time, no heartbeat of it reached the table, whatever else the row says.
     *
     * @param unreadable of any kind
     */
    public Fleet observe(List<WorkerRow> rows, List<UnreadableRow> unreadable, long sentAt, long receivedAt) {
        Map<WorkerId, Sighting> seen = new HashMap<>();
        SortedMap<WorkerId, Standing> standings = new TreeMap<>();
        for (WorkerRow row : rows) {
            boolean leaves = row.state() == WorkerRow.State.LEAVING;
            Sighting now = sight(row.id(), row.revision(), receivedAt);
            seen.put(row.id(), now);
            standings.put(row.id(), judge(leaves ? Standing.LEAVING : Standing.ACTIVE, sentAt - now.since));
        }
        for (UnreadableRow row : unreadable) {
            row.worker().ifPresent(id -> {
                Sighting now = sight(id, row.revision(), receivedAt);
                seen.put(id, now);
                standings.put(id, judge(Standing.UNKNOWN, sentAt - now.since));
            });
        }
        sightings = seen;
        return new Fleet(sentAt, standings);
    }

    private Sighting sight(WorkerId id, long revision, long at) {
        Sighting before = sightings.get(id);
        return before != null && before.revision == revision ? before : new Sighting(revision, at);
    }

    private Standing judge(Standing lives, long stillFor) {
        return stillFor >= failoverNanos ? Standing.EXPIRED : lives;
    }

    /** A revision and since when it is known. */
    private record Sighting(long revision, long since) {}
}
