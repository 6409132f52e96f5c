package io.millrace.lease.decide;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.ControlRows;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Counts how long others have owed this worker a lease. An owner stops by itself after 80 % of the handoff timeout,
 * counted from before it confirmed; so once the whole of it has passed since the confirmation was seen, nobody acts on
 * the lease and it may be taken by force.
 *
 * <p>Belongs to the event loop of its owner.
 */
public final class HandoffPatience {
    private final long nanos;
    private Map<LeaseKey, Long> since = new HashMap<>();

    /** Waits for {@code handoffTimeout}. */
    public HandoffPatience(Duration handoffTimeout) {
        this.nanos = handoffTimeout.toNanos();
    }

    /** Takes in what the table shows at {@code now}, in ticks. */
    public void observe(ControlRows control, LeaseBook leases, WorkerId me, long now) {
        Map<LeaseKey, Long> owed = new HashMap<>();
        for (LeaseKey key : Intentions.confirmed(control, leases, me)) {
            owed.put(key, since.getOrDefault(key, now));
        }
        since = owed;
    }

    /** What may be taken by force at {@code now}. */
    public Set<LeaseKey> overdue(long now) {
        return since.entrySet().stream()
                .filter(entry -> now - entry.getValue() >= nanos)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }
}
