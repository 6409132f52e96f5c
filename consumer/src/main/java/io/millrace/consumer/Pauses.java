package io.millrace.consumer;

import io.millrace.lease.LeaseKey;
import java.util.HashSet;
import java.util.Set;

/** The pauses that a worker was asked for. A shard is paused while one of them covers it. Belongs to the worker's event loop. */
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

    boolean isPaused(LeaseKey shard) {
        return scopes.stream().anyMatch(scope -> scope.covers(shard));
    }
}
