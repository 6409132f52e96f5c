package io.millrace.lease.coordinator;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.model.Checkpoint;
import java.util.concurrent.CompletableFuture;

/** Tells a lease how far its shard is processed, and waits for the table, as the checkpoints of a shard do. */
final class Saving {
    private Saving() {}

    /** Completes when the table holds {@code checkpoint}, or the lease is lost. */
    static CompletableFuture<CheckpointOutcome> save(HeldLease lease, Checkpoint checkpoint) {
        lease.progress(checkpoint);
        return lease.saved(checkpoint);
    }
}
