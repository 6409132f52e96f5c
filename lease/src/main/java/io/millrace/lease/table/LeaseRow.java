package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.model.Checkpoint;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.ShardId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who owns one shard and how far it is processed.
 *
 * @param key the shard
 * @param revision how often the row was written
 * @param epoch the fencing number of the last ownership, 0 before the first
 * @param ownerOrNull the owner; absent while the lease is free
 * @param checkpoint how far the shard is processed
 * @param lineage its place among the other shards
 * @param load how many bytes a second its owners processed lately; negative while nobody has measured it
 * @param notes for people
 * @param pendingOrNull a checkpoint that is prepared and not committed, beyond {@code checkpoint}
 */
public record LeaseRow(
        LeaseKey key,
        long revision,
        long epoch,
        @Nullable WorkerId ownerOrNull,
        Checkpoint checkpoint,
        Lineage lineage,
        long load,
        LeaseNotes notes,
        @Nullable PendingCheckpoint pendingOrNull)
        implements Row {
    /** No load was measured. */
    public static final long UNKNOWN_LOAD = -1;

    /** Checks the parts. */
    public LeaseRow {
        requireNonNull(key, "key");
        requireNonNull(checkpoint, "checkpoint");
        requireNonNull(lineage, "lineage");
        requireNonNull(notes, "notes");
        // A version that does not know of it may have moved the checkpoint beyond it.
        pendingOrNull = pendingOrNull != null
                        && Checkpoint.processed(pendingOrNull.position()).isAfter(checkpoint)
                ? pendingOrNull
                : null;
        if (revision < 0 || epoch < 0) {
            throw new IllegalArgumentException("negative revision or epoch in lease " + key);
        }
    }

    /** A lease of which there is nothing to note. */
    public LeaseRow(
            LeaseKey key,
            long revision,
            long epoch,
            @Nullable WorkerId ownerOrNull,
            Checkpoint checkpoint,
            Lineage lineage,
            long load) {
        this(key, revision, epoch, ownerOrNull, checkpoint, lineage, load, LeaseNotes.NONE, null);
    }

    /** A lease nobody has owned yet. */
    public static LeaseRow fresh(LeaseKey key, Checkpoint checkpoint, Lineage lineage) {
        return new LeaseRow(key, 0, 0, null, checkpoint, lineage, UNKNOWN_LOAD);
    }

    /** The owner, empty while the lease is free. */
    public Optional<WorkerId> owner() {
        return Optional.ofNullable(ownerOrNull);
    }

    /** The checkpoint that is prepared and not committed, if there is one. */
    public Optional<PendingCheckpoint> pending() {
        return Optional.ofNullable(pendingOrNull);
    }

    /** This lease with a prepared checkpoint; one at or before {@link #checkpoint} is none. */
    public LeaseRow withPending(PendingCheckpoint prepared) {
        return new LeaseRow(key, revision, epoch, ownerOrNull, checkpoint, lineage, load, notes, prepared);
    }

    /** True when this row gives the lease to {@code worker}. */
    public boolean isOwnedBy(WorkerId worker) {
        return worker.equals(ownerOrNull);
    }

    /** True when the shard is processed to its end. */
    public boolean isFinished() {
        return checkpoint.isShardEnd();
    }

    /** True when nothing of the shard is processed yet. */
    public boolean isNotStarted() {
        return checkpoint instanceof Checkpoint.NotStarted;
    }

    /** This lease taken by {@code worker} under the next epoch. */
    public LeaseRow takenBy(WorkerId worker) {
        return new LeaseRow(
                key,
                revision,
                epoch + 1,
                requireNonNull(worker, "worker"),
                checkpoint,
                lineage,
                load,
                notes,
                pendingOrNull);
    }

    /** This lease without an owner. */
    public LeaseRow released() {
        return new LeaseRow(key, revision, epoch, null, checkpoint, lineage, load, notes, pendingOrNull);
    }

    /**
     * This lease moved by hand, in any direction, where nobody that lives has it. It has no owner and the next epoch. A prepared
     * checkpoint is gone.
     */
    public LeaseRow movedTo(Checkpoint target, Lineage place) {
        return new LeaseRow(key, revision, epoch + 1, null, target, place, load, notes.unsaved(), null);
    }

    /**
     * This lease moved by hand, in any direction, while workers live. It has the next epoch, so whoever had it finds out at its next
     * write, which fails. Its owner stays named, so that nobody else takes the lease before the owner has found out and taken it again,
     * or given it back. A prepared checkpoint is gone.
     */
    public LeaseRow resetTo(Checkpoint target, Lineage place) {
        return new LeaseRow(key, revision, epoch + 1, ownerOrNull, target, place, load, notes.unsaved(), null);
    }

    /** This lease moved forwards by hand while workers live; see {@link #resetTo}. */
    public LeaseRow skippedTo(Checkpoint target) {
        return resetTo(target, lineage);
    }

    /** This lease processed up to {@code moved}, at a time that is not known. */
    public LeaseRow withCheckpoint(Checkpoint moved) {
        return new LeaseRow(key, revision, epoch, ownerOrNull, moved, lineage, load, notes.unsaved(), pendingOrNull);
    }

    /** This lease with other notes. */
    public LeaseRow with(LeaseNotes other) {
        return new LeaseRow(key, revision, epoch, ownerOrNull, checkpoint, lineage, load, other, pendingOrNull);
    }

    /** This lease with {@code bytesPerSecond} processed lately. */
    public LeaseRow withLoad(long bytesPerSecond) {
        return new LeaseRow(
                key, revision, epoch, ownerOrNull, checkpoint, lineage, bytesPerSecond, notes, pendingOrNull);
    }

    /** This lease waiting for {@code parents} only. */
    public LeaseRow waitingFor(List<ShardId> parents) {
        Lineage shorter = new Lineage(parents, lineage.children(), lineage.hashKeyRange());
        return new LeaseRow(key, revision, epoch, ownerOrNull, checkpoint, shorter, load, notes, pendingOrNull);
    }

    /** This lease at its shard's end, followed by {@code children} and owned by nobody. */
    public LeaseRow finished(List<ShardId> children) {
        Lineage complete = new Lineage(lineage.parents(), children, lineage.hashKeyRange());
        return new LeaseRow(
                key,
                revision,
                epoch,
                null,
                Checkpoint.shardEnd(),
                complete,
                UNKNOWN_LOAD,
                notes.unsaved(),
                pendingOrNull);
    }

    @Override
    public Entity entity() {
        return Entity.lease(key);
    }

    @Override
    public LeaseRow withRevision(long other) {
        return new LeaseRow(key, other, epoch, ownerOrNull, checkpoint, lineage, load, notes, pendingOrNull);
    }
}
