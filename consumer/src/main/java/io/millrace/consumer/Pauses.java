package io.millrace.consumer;

import io.millrace.lease.HeldLease;
import java.util.HashSet;
import java.util.Set;

/** The pauses that a worker was asked for, beside those in the table. A shard is paused while one of either covers it. Belongs to the worker's event loop. */
final class Pauses {
    private final Set<PauseScope> scopes = new HashSet<>();

    /** Adds a pause, or ends one that was asked for with the same scope; ending all ends every pause. */
    void set(PauseScope scope, boolean wanted) {
        if (wanted) {
            scopes.add(scope);
        } else if (scope instanceof PauseScope.All) {
            scopes.clear();
        } else {
            scopes.remove(scope);
        }
    }

    /** True while a pause of this worker or one in the table covers the lease. */
    boolean isPaused(HeldLease lease) {
        return lease.paused() || scopes.stream().anyMatch(scope -> scope.covers(lease.key()));
    }
}
