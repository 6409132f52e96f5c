package io.millrace.checkpoint;

import io.millrace.lease.LeaseKey;

/** The shard's lease is no longer ours: the checkpoint did not move and never will. Stop working on the shard. */
public final class LeaseLostException extends CheckpointException {
    private static final long serialVersionUID = 1L;

    /** The lease of {@code key}, held with {@code epoch}, is lost. */
    public LeaseLostException(LeaseKey key, long epoch) {
        super("the lease of " + key + " (epoch " + epoch + ") is lost; stop working on this shard", null);
    }
}
