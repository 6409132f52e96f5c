package io.millrace.lease;

/** What became of a checkpoint. */
public enum CheckpointOutcome {
    /** The table holds it, or a later one of the same ownership. */
    SAVED,
    /** Another worker owns the shard, or ours can no longer be proven: the checkpoint did not and will not move. */
    LEASE_LOST
}
