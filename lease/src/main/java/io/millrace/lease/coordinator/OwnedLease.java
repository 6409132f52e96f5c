package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.ShardId;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One ownership of a lease, and the only place that keeps how far its shard is processed. At most one write of its row is under
 * way; meanwhile the furthest checkpoint waits.
 *
 * <p>Belongs to the loop but for the methods of {@link HeldLease}, which read volatile fields and send messages.
 */
final class OwnedLease implements HeldLease {
    private static final String NOT_OURS = "the table says that it is not this worker's any more";

    /** Bytes a second below which changes of a load are nobody's business. */
    private static final long SMALL_LOAD = 1024;

    private final OwnedLeases owner;
    private final EventLoop loop;
    private final SureTable table;
    private final Proof proof;
    private volatile LeaseRow row;
    private volatile LeaseState state = LeaseState.HELD;
    /** Until when its holder may keep it after it was asked for; means something once {@link #wasAskedFor}. */
    private volatile long giveUpAt;

    private volatile boolean wasAskedFor;
    private volatile boolean paused;
    private final LongAdder processed = new LongAdder();

    // Owned by the loop.
    private boolean writing;
    /** The write that waits for its turn or is under way; none while children's rows are written. */
    private SureTable.@Nullable Write write;

    /** How far the shard is processed, saved or not. */
    private Checkpoint furthest;

    private final List<Save> saves = new ArrayList<>();
    /** The latest counts; the others are over once it is written. */
    private final List<Prepare> prepares = new ArrayList<>();

    private final CompletableFuture<CheckpointOutcome> released = new CompletableFuture<>();
    private @Nullable Finish finish;
    private long load;
    private long measuredAt;
    private boolean loadIsNews;
    private EventLoop.Cancellable patience = EventLoop.Cancellable.DONE;

    OwnedLease(OwnedLeases owner, SureTable table, Proof proof, LeaseRow row) {
        this.owner = owner;
        this.loop = owner.wiring().loop();
        this.table = table;
        this.proof = proof;
        this.row = row;
        this.furthest = row.checkpoint();
        this.load = row.load();
        this.measuredAt = owner.wiring().now();
    }

    @Override
    public LeaseKey key() {
        return row.key();
    }

    @Override
    public long epoch() {
        return row.epoch();
    }

    @Override
    public Checkpoint checkpoint() {
        return row.checkpoint();
    }

    @Override
    public Optional<Instant> checkpointedAt() {
        return row.notes().savedAt();
    }

    @Override
    public List<ShardId> parents() {
        return row.lineage().parents();
    }

    @Override
    public HashKeyRange hashKeyRange() {
        return row.lineage().hashKeyRange();
    }

    @Override
    public boolean isValid() {
        return state.allowsProcessing()
                && (!wasAskedFor || giveUpAt - owner.wiring().now() > 0)
                && proof.isCurrent();
    }

    @Override
    public void progress(Checkpoint checkpoint) {
        if (checkpoint.isShardEnd()) {
            throw new IllegalArgumentException("the end of " + key() + " is saved by finish()");
        }
        send(
                () -> {
                    if (state.allowsProcessing() && checkpoint.isAfter(furthest)) {
                        furthest = checkpoint;
                        pump();
                    }
                },
                () -> {});
    }

    @Override
    public CompletableFuture<CheckpointOutcome> saved(Checkpoint checkpoint) {
        Save save = new Save(checkpoint, new CompletableFuture<>());
        send(
                () -> {
                    if (state.allowsProcessing()) {
                        saves.add(save);
                        settleSaved();
                    } else {
                        save.done.complete(CheckpointOutcome.LEASE_LOST);
                    }
                },
                () -> save.done.complete(CheckpointOutcome.LEASE_LOST));
        return save.done;
    }

    @Override
    public CompletableFuture<CheckpointOutcome> prepare(PendingCheckpoint prepared) {
        Prepare next = new Prepare(prepared, new CompletableFuture<>());
        send(
                () -> {
                    if (state.allowsProcessing()) {
                        prepares.add(next);
                        pump();
                    } else {
                        next.done.complete(CheckpointOutcome.LEASE_LOST);
                    }
                },
                () -> next.done.complete(CheckpointOutcome.LEASE_LOST));
        return next.done;
    }

    @Override
    public Optional<PendingCheckpoint> pending() {
        return row.pending();
    }

    @Override
    public boolean paused() {
        return paused;
    }

    @Override
    public void processed(long bytes) {
        processed.add(bytes);
    }

    @Override
    public CompletableFuture<CheckpointOutcome> release(Checkpoint last) {
        CompletableFuture<CheckpointOutcome> given = new CompletableFuture<>();
        send(
                () -> {
                    if (state.allowsProcessing()) {
                        furthest = last.isAfter(furthest) ? last : furthest;
                        startRelease("released by its holder");
                        given.complete(CheckpointOutcome.SAVED);
                    } else {
                        given.complete(CheckpointOutcome.LEASE_LOST);
                    }
                },
                () -> given.complete(CheckpointOutcome.LEASE_LOST));
        return given.thenCompose(
                begun -> begun == CheckpointOutcome.SAVED ? released : CompletableFuture.completedFuture(begun));
    }

    @Override
    public CompletableFuture<CheckpointOutcome> finish(List<ChildShard> children) {
        Finish end = new Finish(List.copyOf(children), new CompletableFuture<>());
        send(() -> startFinish(end), () -> end.done.complete(CheckpointOutcome.LEASE_LOST));
        return end.done;
    }

    @Override
    public String toString() {
        return "lease " + key() + " epoch " + epoch();
    }

    // From here on: on the loop only.

    LeaseRow row() {
        return row;
    }

    LeaseState state() {
        return state;
    }

    /** True when it is going, whoever wanted that. */
    boolean wasAskedFor() {
        return wasAskedFor || state == LeaseState.RELEASING;
    }

    /** Sets whether it is paused, before its holder hears of it. */
    void takenPaused(boolean isPaused) {
        paused = isPaused;
    }

    /** Sets whether it is paused, and tells its holder of a change unless it is on its way out. */
    void pause(boolean isPaused) {
        if (paused == isPaused || state != LeaseState.HELD) {
            return;
        }
        paused = isPaused;
        if (isPaused) {
            owner.wiring().listener().leasePaused(this);
        } else {
            owner.wiring().listener().leaseResumed(this);
        }
    }

    /** True when its holder may believe in it for longer than {@code time} from now. */
    boolean mayOutlast(Duration time) {
        return state.allowsProcessing()
                && (!wasAskedFor || giveUpAt - owner.wiring().now() > time.toNanos());
    }

    /**
     * Asks the holder to release within {@code time}; then the lease is given back over its head. One whose end is being
     * written goes on, but not beyond that time.
     */
    void askFor(Duration time, String reason) {
        if (state == LeaseState.FINISHING && !wasAskedFor) {
            giveUpAt = owner.wiring().now() + time.toNanos();
            wasAskedFor = true;
        }
        if (state == LeaseState.HELD) {
            giveUpAt = owner.wiring().now() + time.toNanos();
            wasAskedFor = true;
            moveTo(LeaseState.ASKED_FOR, reason);
            patience = owner.wiring().later(time, () -> takeAway("it was not released within " + time));
            owner.wiring().listener().leaseAskedFor(this, time);
        }
    }

    /** Gives the lease back without its holder. */
    void takeAway(String reason) {
        if (state == LeaseState.HELD || state == LeaseState.ASKED_FOR) {
            startRelease(reason);
            owner.abandoned(this, reason);
        }
    }

    /** The lease is not ours any more. */
    void lose(String reason) {
        if (state == LeaseState.ENDED) {
            return;
        }
        boolean tell = state != LeaseState.RELEASING;
        stopWaiting();
        moveTo(LeaseState.ENDED, reason);
        settleAll(CheckpointOutcome.LEASE_LOST);
        owner.ended(this);
        if (tell) {
            owner.lost(this, reason);
        }
    }

    /** Ends this ownership if {@code listed} shows that somebody wrote the row after us and did not leave it to us. */
    void compare(LeaseRow listed) {
        boolean idle = !writing || (write != null && !write.wasSent());
        if (idle && listed.revision() > row.revision() && !isOurs(listed)) {
            lose(NOT_OURS);
        }
    }

    /**
     * Sets what the lease cost since the last time, unless that is shorter ago than {@code least}: one that was just taken
     * has seen no records yet and would seem to cost nothing, so that others would be moved to even that out. The row hears
     * of it with its next checkpoint; a load that halved or doubled is written on its own, so an idle lease costs one write
     * and then none.
     */
    void measure(Duration least) {
        long now = owner.wiring().now();
        double seconds = (now - measuredAt) / 1e9;
        if (now - measuredAt >= least.toNanos()) {
            long rate = (long) (processed.sumThenReset() / seconds);
            load = load < 0 ? rate : (load + rate) / 2;
            measuredAt = now;
            boolean small = Math.max(load, row.load()) < SMALL_LOAD;
            loadIsNews = !small && (load > 2 * row.load() || 2 * load < row.load());
            if (loadIsNews && state == LeaseState.HELD) {
                pump();
            }
        }
    }

    private void startRelease(String reason) {
        if (state == LeaseState.HELD || state == LeaseState.ASKED_FOR) {
            moveTo(LeaseState.RELEASING, reason);
            pump();
        }
    }

    private void startFinish(Finish end) {
        if (state == LeaseState.HELD || state == LeaseState.ASKED_FOR) {
            moveTo(LeaseState.FINISHING, "its holder reached the shard's end");
            finish = end;
            pump();
        } else {
            end.done.complete(CheckpointOutcome.LEASE_LOST);
        }
    }

    /** Starts the next write if none is under way. A checkpoint that waits for its turn makes room for what matters more. */
    private void pump() {
        if (state == LeaseState.ENDED) {
            return;
        }
        boolean isGoing = finish != null || state == LeaseState.RELEASING;
        if (isGoing && write != null && write.kind() == WriteKind.PROGRESS) {
            stopWaiting();
        }
        if (writing) {
            return;
        }
        Finish end = finish;
        if (end != null) {
            writeEnd(end);
        } else if (state == LeaseState.RELEASING) {
            write(WriteKind.HANDOVER, () -> withProgress().released(), this::givenBack);
        } else if (furthest.isAfter(row.checkpoint()) || loadIsNews || !prepares.isEmpty()) {
            write(WriteKind.PROGRESS, this::withProgress, this::pump);
        } else {
            settleSaved();
        }
    }

    /** What has not been sent need not be. */
    private void stopWaiting() {
        if (write != null && write.giveUp()) {
            write = null;
            writing = false;
        }
    }

    private LeaseRow withProgress() {
        loadIsNews = false;
        LeaseRow measured = prepared(row.withLoad(load));
        if (!furthest.isAfter(row.checkpoint())) {
            return measured;
        }
        Instant now = owner.wiring().platform().clock().instant();
        return measured.withCheckpoint(furthest).with(row.notes().savedAt(now));
    }

    private LeaseRow prepared(LeaseRow before) {
        return prepares.isEmpty() ? before : before.withPending(prepares.get(prepares.size() - 1).pending);
    }

    /** The children's rows come first: a crash in between leaves the parent to its next owner, who ends it again. */
    private void writeEnd(Finish end) {
        writing = true;
        owner.wiring().then(owner.createChildren(this, end.children), created -> {
            writing = false;
            if (state == LeaseState.FINISHING) {
                List<ShardId> ids = end.children.stream().map(ChildShard::id).toList();
                write(WriteKind.HANDOVER, () -> row.finished(ids), () -> finished(end));
            }
        });
    }

    private void givenBack() {
        moveTo(LeaseState.ENDED, "given back");
        settleAll(CheckpointOutcome.SAVED);
        owner.ended(this);
    }

    /** Writes what {@code source} gives at the moment at which it is sent. */
    private void write(WriteKind kind, Supplier<LeaseRow> source, Runnable then) {
        writing = true;
        AtomicReference<LeaseRow> sent = new AtomicReference<>(row);
        SureTable.Write next = table.put(kind, () -> {
            sent.set(source.get());
            return sent.get();
        });
        write = next;
        owner.wiring().then(next.settled(), settled -> {
            writing = false;
            write = null;
            LeaseRow ours = requireNonNull(sent.get());
            if (settled.outcome() instanceof WriteOutcome.Conflict conflict) {
                onConflict(kind, ours, conflict, then);
            } else {
                row = ours.withRevision(ours.revision() + 1);
                if (state != LeaseState.ENDED) {
                    settlePrepared();
                    settleSaved();
                    then.run();
                }
            }
        });
    }

    /** Another wrote the row. If it left us the lease, as a tool may, ours goes on top of it; else the lease is lost. */
    private void onConflict(WriteKind kind, LeaseRow ours, WriteOutcome.Conflict conflict, Runnable then) {
        if (state == LeaseState.ENDED) {
            return;
        }
        if (conflict.currentOrNull() instanceof LeaseRow current && isOurs(current)) {
            write(kind, () -> ours.withRevision(current.revision()), then);
        } else {
            owner.learn(conflict);
            lose(NOT_OURS);
        }
    }

    private boolean isOurs(LeaseRow other) {
        return other.owner().equals(row.owner()) && other.epoch() == row.epoch();
    }

    private void finished(Finish end) {
        moveTo(LeaseState.ENDED, "finished");
        settleAll(CheckpointOutcome.SAVED);
        owner.ended(this);
        end.done.complete(CheckpointOutcome.SAVED);
        owner.takeChildren(this, end.children);
    }

    private void settleSaved() {
        List<Save> covered = saves.stream()
                .filter(save -> !save.checkpoint.isAfter(row.checkpoint()))
                .toList();
        saves.removeAll(covered);
        covered.forEach(save -> save.done.complete(CheckpointOutcome.SAVED));
    }

    /** Those up to the one that the row holds, or that its checkpoint has passed, are written. */
    private void settlePrepared() {
        int covered = prepares.size();
        while (covered > 0 && !isWritten(prepares.get(covered - 1).pending)) {
            covered--;
        }
        List<Prepare> written = List.copyOf(prepares.subList(0, covered));
        prepares.subList(0, covered).clear();
        written.forEach(prepare -> prepare.done.complete(CheckpointOutcome.SAVED));
    }

    private boolean isWritten(PendingCheckpoint prepared) {
        return row.pending().filter(prepared::equals).isPresent()
                || !Checkpoint.processed(prepared.position()).isAfter(row.checkpoint());
    }

    private void settleAll(CheckpointOutcome outcome) {
        patience.cancel();
        List<Prepare> unwritten = List.copyOf(prepares);
        prepares.clear();
        unwritten.forEach(prepare -> prepare.done.complete(outcome));
        List<Save> open = List.copyOf(saves);
        saves.clear();
        open.forEach(save -> save.done.complete(outcome));
        Finish end = finish;
        if (end != null && outcome == CheckpointOutcome.LEASE_LOST) {
            end.done.complete(outcome);
        }
        released.complete(outcome);
    }

    private void moveTo(LeaseState next, String reason) {
        state = LeaseState.TRANSITIONS.move(state, next, reason, this);
    }

    private void send(Runnable message, Runnable otherwise) {
        try {
            loop.execute(message);
        } catch (RejectedExecutionException closed) {
            otherwise.run();
        }
    }

    private record Prepare(PendingCheckpoint pending, CompletableFuture<CheckpointOutcome> done) {}

    private record Save(Checkpoint checkpoint, CompletableFuture<CheckpointOutcome> done) {}

    private record Finish(List<ChildShard> children, CompletableFuture<CheckpointOutcome> done) {}
}
