package io.millrace.lease;

import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.ShardId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One ownership of a lease by this worker, from the moment it was taken until it is released, finished or lost. The same
 * shard taken again is another {@code HeldLease} with a higher epoch.
 *
 * <p>All methods are safe for any thread. Futures complete on the coordinator's event loop.
 */
public interface HeldLease {
    /** The shard. */
    LeaseKey key();

    /** The fencing number of this ownership: higher than that of every ownership of this shard before. */
    long epoch();

    /** The last checkpoint known to be in the table; where consumption goes on. */
    Checkpoint checkpoint();

    /**
     * When the checkpoint in the table was last moved, on the wall clock of the worker that moved it: for people to see, not
     * for decisions. Empty where that is not known, as after a worker of a former version.
     */
    default Optional<Instant> checkpointedAt() {
        return Optional.empty();
    }

    /**
     * False once the lease is released, finished, lost, or can no longer be proven to be ours because heartbeats failed
     * for too long. Records must not be handed to a processor while this is false.
     */
    boolean isValid();

    /**
     * The shard is processed up to {@code checkpoint}: the table is to hold that, fenced by the epoch. The furthest that was told
     * counts; one that is told while a write is under way goes with the next write. Trouble with the table is retried while the
     * lease is valid. Never fails: whether the table holds it is for {@link #saved} to say.
     *
     * @throws IllegalArgumentException if that is the shard's end, which {@link #finish} saves
     */
    void progress(Checkpoint checkpoint);

    /**
     * Waits for the table, and has nothing written by itself: {@link #progress} does.
     *
     * @return completes when the table holds {@code checkpoint} or a later one of this ownership
     *     ({@link CheckpointOutcome#SAVED}) or when this worker turned out not to own the lease any more
     *     ({@link CheckpointOutcome#LEASE_LOST}); never exceptionally
     */
    CompletableFuture<CheckpointOutcome> saved(Checkpoint checkpoint);

    /**
     * Writes a prepared checkpoint into the row, fenced by the epoch, instead of one that was prepared before. The checkpoint stays
     * where it is; one at or beyond the prepared one, saved later, ends it. A release leaves it to the next owner.
     *
     * @return completes as that of {@link #saved} does
     */
    CompletableFuture<CheckpointOutcome> prepare(PendingCheckpoint prepared);

    /** The checkpoint that is prepared in the table and not committed, by this owner or one before. */
    Optional<PendingCheckpoint> pending();

    /**
     * Gives the lease back at {@code last}, so that another worker may take it at once: checkpoint and release are one
     * write, because from its last record on nobody processes the shard. The holder must have stopped handing out
     * records.
     *
     * @param last how far it is processed; the furthest that was told counts, if that is further
     * @return completes when the table holds both ({@link CheckpointOutcome#SAVED}) or when this worker turned out not
     *     to own the lease any more ({@link CheckpointOutcome#LEASE_LOST})
     */
    CompletableFuture<CheckpointOutcome> release(Checkpoint last);

    /**
     * Ends the lease at the shard's end: creates the children's leases where they are missing, saves
     * {@link Checkpoint.ShardEnd}, and takes the children whose parents are all at their end, without waiting for a plan.
     * The holder must have processed every record.
     *
     * @param children what follows the shard, as the stream told it; empty when nothing does
     */
    CompletableFuture<CheckpointOutcome> finish(List<ChildShard> children);

    /**
     * The shards that the application has read before this one; empty for a shard that it began with. A shard that follows
     * others was opened when those were closed.
     */
    default List<ShardId> parents() {
        return List.of();
    }

    /** The hash keys that the shard takes. */
    default HashKeyRange hashKeyRange() {
        return HashKeyRange.ALL;
    }

    /**
     * True while people have paused the shard or the whole application: its holder keeps the lease and processes nothing.
     * {@link LeaseListener#leasePaused} and {@link LeaseListener#leaseResumed} tell of changes after the lease was taken.
     */
    default boolean paused() {
        return false;
    }

    /**
     * Counts {@code bytes} that were processed; shares are evened out by what leases cost. The table hears of it along
     * with checkpoints. A holder that never calls this counts each lease alike.
     */
    default void processed(long bytes) {}
}
