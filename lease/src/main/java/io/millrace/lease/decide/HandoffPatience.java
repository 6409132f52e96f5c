package io.millrace.lease.decide;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.ControlRows;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Counts how long others have owed this worker a lease. An owner stops by itself after 80 % of the handoff timeout,
 * counted from before it confirmed; so once the whole of it has passed since the confirmation was seen, nobody acts on
 * the lease and it may be taken by force. That holds for the ownership that was confirmed, and for none after it.
 *
 * <p>Belongs to the event loop of its owner.
 */
public final class HandoffPatience {
    private final long nanos;
    private Map<LeaseKey, Debt> debts = new HashMap<>();

    /** Waits for {@code handoffTimeout}. */
    public HandoffPatience(Duration handoffTimeout) {
        this.nanos = handoffTimeout.toNanos();
    }

    /** Takes in what the table shows at {@code now}, in ticks. */
    public void observe(ControlRows control, LeaseBook leases, WorkerId me, long now) {
        Map<LeaseKey, Debt> owed = new HashMap<>();
        Intentions.confirmed(control, leases, me).forEach((key, epoch) -> {
            Debt before = debts.get(key);
            owed.put(key, before != null && before.epoch == epoch ? before : new Debt(epoch, now));
        });
        debts = owed;
    }

    /** What may be taken by force at {@code now}: the leases, each with the epoch of the ownership that has had its time. */
    public Map<LeaseKey, Long> overdue(long now) {
        return debts.entrySet().stream()
                .filter(entry -> now - entry.getValue().since >= nanos)
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().epoch));
    }

    /** One ownership that shall end, and since when that is known. */
    private record Debt(long epoch, long since) {}
}
