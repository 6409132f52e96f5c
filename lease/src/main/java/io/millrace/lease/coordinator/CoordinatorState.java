package io.millrace.lease.coordinator;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Where a coordinator stands between start and close. */
enum CoordinatorState {
    /** Nothing happened yet. */
    NEW,
    /** Looks for the table and the streams, and joins. */
    STARTING,
    /** Takes part. */
    MEMBER,
    /** Lost its leases and joins again under a new run. */
    REJOINING,
    /** Gives its leases back. */
    LEAVING,
    /** Does nothing any more. */
    CLOSED;

    private static final Map<CoordinatorState, Set<CoordinatorState>> NEXT = Map.of(
            NEW, EnumSet.of(STARTING, CLOSED),
            STARTING, EnumSet.of(MEMBER, REJOINING, LEAVING, CLOSED),
            MEMBER, EnumSet.of(REJOINING, LEAVING),
            REJOINING, EnumSet.of(MEMBER, REJOINING, LEAVING),
            LEAVING, EnumSet.of(CLOSED),
            CLOSED, EnumSet.noneOf(CoordinatorState.class));

    boolean canBecome(CoordinatorState next) {
        return NEXT.getOrDefault(this, Set.of()).contains(next);
    }
}
