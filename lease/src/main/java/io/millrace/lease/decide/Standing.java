package io.millrace.lease.decide;

/** What an observer holds of a worker. */
public enum Standing {
    /** It lives and takes part. */
    ACTIVE,
    /** It lives and gives its leases back. */
    LEAVING,
    /** Its heartbeat has not moved for the failover time, by the observer's own clock: it has stopped itself by now. */
    EXPIRED,
    /** Its row cannot be read, but was changed within the failover time: it may live, and nothing is known of it. */
    UNKNOWN,
    /** It has no row: it left, or was removed after it had expired. */
    GONE;

    /** True while the worker may still act on leases it owns. */
    public boolean isAlive() {
        return this == ACTIVE || this == LEAVING || this == UNKNOWN;
    }
}
