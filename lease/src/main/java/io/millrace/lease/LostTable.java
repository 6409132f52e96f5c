package io.millrace.lease;

/**
 * What a worker does when rows that must be in the lease table are gone while it runs: the table was deleted or emptied, or
 * a stream's row, or all leases of a stream. The checkpoints are gone with them.
 */
public enum LostTable {
    /** It stops, and says what is gone. Nothing is read again unless somebody decides so. */
    STOP,
    /**
     * It gives up its leases, waits for the failover time, so that all others have done so too, and begins again as an
     * application that is new to its streams: at their initial positions. Where leases are left they go on.
     */
    RESTART
}
