package io.millrace.lease.decide;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.StreamName;
import java.util.Collection;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What one worker can take.
 *
 * @param maxLeases how many leases at most
 * @param streams of which streams; none named means all
 */
public record Seat(int maxLeases, Set<StreamName> streams) {
    /** Any number of leases of any stream. */
    public static final Seat ANY = new Seat(Integer.MAX_VALUE, Set.of());

    /** Checks the parts and copies the set. */
    public Seat {
        requireNonNull(streams, "streams");
        streams = Collections.unmodifiableSet(new TreeSet<>(streams));
        if (maxLeases < 1) {
            throw new IllegalArgumentException("a worker takes at least one lease, not " + maxLeases);
        }
    }

    /** True when leases of {@code stream} may go here. */
    public boolean takes(StreamName stream) {
        return streams.isEmpty() || streams.contains(stream);
    }

    /** The seats of those among {@code workers} that take part. */
    public static SortedMap<WorkerId, Seat> of(Collection<WorkerRow> workers, Fleet fleet) {
        SortedMap<WorkerId, Seat> seats = new TreeMap<>();
        for (WorkerRow worker : workers) {
            if (fleet.of(worker.id()) == Standing.ACTIVE) {
                seats.put(
                        worker.id(),
                        new Seat(worker.info().maxLeases(), worker.info().streams()));
            }
        }
        return seats;
    }
}
