package io.millrace.checkpoint;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.model.Checkpoint;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.RecordPosition;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints of one ownership of a shard. Progress is saved by itself: the first at once, then at most once per
 * interval, each write covering all that came in between. Nothing is saved that was not processed; the lease fences every
 * write.
 *
 * <p>Belongs to the event loop it is given: all methods are called there, except those of its checkpointers.
 */
public final class ShardCheckpoints {
    private static final Duration LONG_AGO = Duration.ofDays(1);

    private final HeldLease lease;
    private final EventLoop loop;
    private final Ticker ticker;
    private final CheckpointPace pace;
    private final CheckpointLedger ledger;
    private final Executor users;

    private EventLoop.@Nullable Cancellable timer;
    private long lastWrite;
    /** The outcome of giving the lease back, once that has begun. Nothing else is saved then. */
    private @Nullable CompletableFuture<CheckpointOutcome> releasing;

    /** Users who wait for their checkpoint; they are known before the loop is, so that none is forgotten at its end. */
    private final Set<CompletableFuture<CheckpointOutcome>> waiting = ConcurrentHashMap.newKeySet();

    private boolean closed;

    /**
     * Begins at the lease's checkpoint; saves as often as {@code pace} says unless asked.
     *
     * @param users where stages complete that users wait for
     */
    public ShardCheckpoints(HeldLease lease, EventLoop loop, Ticker ticker, CheckpointPace pace, Executor users) {
        this.lease = requireNonNull(lease, "lease");
        this.loop = requireNonNull(loop, "loop");
        this.ticker = requireNonNull(ticker, "ticker");
        this.pace = requireNonNull(pace, "pace");
        this.users = requireNonNull(users, "users");
        this.ledger = new CheckpointLedger(lease.checkpoint());
        this.lastWrite = ticker.nanoTime() - LONG_AGO.toNanos();
    }

    /** Everything up to {@code last} goes into the processor's hands now. Telling it again changes nothing. */
    public void delivered(RecordPosition last) {
        ledger.delivered(last);
    }

    /**
     * The processor returned from everything up to {@code last}; saved soon.
     *
     * @throws IllegalArgumentException if {@code last} was not delivered
     */
    public void processed(RecordPosition last) {
        ledger.processed(last);
        if (closed || timer != null || ledger.due().isEmpty()) {
            return;
        }
        Duration wait = pace.between(this).minus(ticker.since(lastWrite));
        if (wait.isNegative() || wait.isZero()) {
            write();
        } else {
            timer = loop.schedule(wait, () -> {
                timer = null;
                write();
            });
        }
    }

    /** How far processing got, saved or not. */
    public Checkpoint processed() {
        return ledger.processed();
    }

    /** The place at which the next owner goes on: all that is processed, but for what a prepared checkpoint holds back. */
    public Checkpoint last() {
        return ledger.last();
    }

    /** Saves now what is processed. Completes, on the loop, when the table holds it or the lease is lost. */
    public CompletableFuture<CheckpointOutcome> flush() {
        CompletableFuture<CheckpointOutcome> begun = releasing;
        if (begun != null) {
            // A user may still ask, from a thread of its own: what the release has not saved yet is not saved.
            return begun;
        }
        if (closed) {
            return CompletableFuture.completedFuture(CheckpointOutcome.LEASE_LOST);
        }
        write();
        return loop.home(lease.saved(ledger.asked()));
    }

    /**
     * Gives the lease back at what is processed, in one write, and closes. Completes, on the loop, when the table holds
     * both or the lease is lost.
     */
    public CompletableFuture<CheckpointOutcome> release() {
        stopTimer();
        Checkpoint last = ledger.last();
        ledger.asked(last);
        CompletableFuture<CheckpointOutcome> released =
                loop.home(lease.release(last)).whenComplete((outcome, error) -> close());
        releasing = released;
        return released;
    }

    /** The checkpointer of a user who speaks for all that is delivered of the shard. */
    public Checkpointer checkpointer() {
        return checkpointer(last -> {
            if (last == null) {
                ledger.allProcessed();
            } else {
                ledger.processed(last);
            }
        });
    }

    /** The checkpointer of a user whose declarations are taken by {@code declarations}, before what follows from them is saved. */
    public Checkpointer checkpointer(Declarations declarations) {
        return new UserCheckpointer(this, declarations);
    }

    /** No more writes: the ownership is over. What a user asks for from now on is answered with a lost lease. */
    public void close() {
        closed = true;
        stopTimer();
        // Nobody shall wait for an answer that may come after the loop's end.
        List<CompletableFuture<CheckpointOutcome>> unanswered = List.copyOf(waiting);
        waiting.clear();
        unanswered.forEach(answer -> answer.complete(CheckpointOutcome.LEASE_LOST));
    }

    HeldLease lease() {
        return lease;
    }

    boolean inEventLoop() {
        return loop.inEventLoop();
    }

    /** Runs what a user does upon an outcome, never on the loop while a thread can be had. */
    void continueElsewhere(Runnable task) {
        try {
            users.execute(task);
        } catch (RejectedExecutionException stopped) {
            task.run();
        }
    }

    /** A user says that all is processed up to {@code last}, or all that was delivered to it. For any thread. */
    CompletableFuture<CheckpointOutcome> declare(@Nullable RecordPosition last, Declarations declarations) {
        CompletableFuture<CheckpointOutcome> answer = new CompletableFuture<>();
        waiting.add(answer);
        CompletableFuture<Boolean> unused =
                answer.handle((outcome, error) -> waiting.removeIf(CompletableFuture::isDone));
        try {
            loop.execute(() -> declareOnLoop(last, declarations, answer));
        } catch (RejectedExecutionException stopped) {
            answer.completeExceptionally(new CheckpointFailedException(
                    "the worker has stopped; the checkpoint of " + lease.key() + " did not move", stopped));
        }
        return answer;
    }

    private void declareOnLoop(
            @Nullable RecordPosition last, Declarations declarations, CompletableFuture<CheckpointOutcome> answer) {
        try {
            if (closed) {
                answer.complete(CheckpointOutcome.LEASE_LOST);
                return;
            }
            // First, for what follows from the declaration may be saved at once.
            ledger.ended(declarations.meant(last));
            declarations.processed(last);
        } catch (IllegalArgumentException refused) {
            answer.completeExceptionally(refused);
            return;
        }
        answer(flush(), answer);
    }

    /** A user prepares a checkpoint. For any thread. */
    CompletableFuture<CheckpointOutcome> prepare(PendingCheckpoint prepared, Declarations declarations) {
        CompletableFuture<CheckpointOutcome> answer = new CompletableFuture<>();
        waiting.add(answer);
        CompletableFuture<Boolean> unused =
                answer.handle((outcome, error) -> waiting.removeIf(CompletableFuture::isDone));
        try {
            loop.execute(() -> prepareOnLoop(prepared, declarations, answer));
        } catch (RejectedExecutionException stopped) {
            answer.completeExceptionally(new CheckpointFailedException(
                    "the worker has stopped; no checkpoint of " + lease.key() + " is prepared", stopped));
        }
        return answer;
    }

    private void prepareOnLoop(
            PendingCheckpoint prepared, Declarations declarations, CompletableFuture<CheckpointOutcome> answer) {
        if (closed) {
            answer.complete(CheckpointOutcome.LEASE_LOST);
            return;
        }
        try {
            declarations.checkPrepare(prepared.position());
            ledger.prepared(prepared.position());
        } catch (IllegalArgumentException | IllegalStateException refused) {
            answer.completeExceptionally(refused);
            return;
        }
        answer(lease.prepare(prepared), answer);
    }

    private void answer(CompletableFuture<CheckpointOutcome> saved, CompletableFuture<CheckpointOutcome> answer) {
        loop.whenComplete(saved, (outcome, error) -> {
            if (error != null) {
                answer.completeExceptionally(error);
            } else {
                answer.complete(requireNonNull(outcome));
            }
        });
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void write() {
        Optional<Checkpoint> due = ledger.due();
        if (closed || due.isEmpty()) {
            return;
        }
        stopTimer();
        Checkpoint checkpoint = due.get();
        ledger.asked(checkpoint);
        lastWrite = ticker.nanoTime();
        lease.progress(checkpoint);
    }
}
