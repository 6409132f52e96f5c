package io.millrace.lease.coordinator;

import io.millrace.runtime.Transitions;

/** The state of a coordinator between start and close. */
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

    static final Transitions<CoordinatorState> TRANSITIONS = Transitions.table(CoordinatorState.class)
            .from(NEW)
            .to(STARTING, "start() is called")
            .to(CLOSED, "close() is called")
            .from(STARTING)
            .to(MEMBER, "it has joined")
            .to(REJOINING, "the first session is lost")
            .to(LEAVING, "close() is called while it joins")
            .to(CLOSED, "the start fails, or close() is called")
            .from(MEMBER)
            .to(REJOINING, "its leases are lost")
            .to(LEAVING, "close() is called")
            .from(REJOINING)
            .to(MEMBER, "it has joined under a new run")
            .to(REJOINING, "the new session is lost, too")
            .to(LEAVING, "close() is called")
            .from(LEAVING)
            .to(CLOSED, "its leases are given back, or there is no more time")
            .build();
}
