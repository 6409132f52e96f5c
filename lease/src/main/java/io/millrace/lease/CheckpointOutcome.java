package io.millrace.lease;

/** What became of a checkpoint. */
public enum CheckpointOutcome {
    /** The table holds it, or a later one of the same ownership. */
    SAVED,
    /**
     * Another worker owns the shard, or ours can no longer be proven: it is not known to be saved. A write that was under
     * way when the proof ran out may still have moved the checkpoint, but only before another worker took the lease.
     */
    LEASE_LOST
}
