package io.millrace.lease.decide;

import io.millrace.lease.WorkerId;
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
        Map<WorkerId, Sighting> seen = new HashMap<>();
        SortedMap<WorkerId, Standing> standings = new TreeMap<>();
        for (WorkerRow row : rows) {
            Sighting before = sightings.get(row.id());
            Sighting now = before != null && before.revision == row.revision()
                    ? before
                    : new Sighting(row.revision(), receivedAt);
            seen.put(row.id(), now);
            standings.put(row.id(), judge(row, sentAt - now.since));
        }
        sightings = seen;
        return new Fleet(sentAt, standings);
    }

    private Standing judge(WorkerRow row, long stillFor) {
        if (stillFor >= failoverNanos) {
            return Standing.EXPIRED;
        }
        return row.state() == WorkerRow.State.LEAVING ? Standing.LEAVING : Standing.ACTIVE;
    }

    /** A revision and since when it is known. */
    private record Sighting(long revision, long since) {}
}
