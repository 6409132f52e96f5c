package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.health.WorkerHealth.Failing;
import io.millrace.consumer.health.WorkerHealth.Pace;
import io.millrace.consumer.health.WorkerHealth.ShardHealth;
import io.millrace.consumer.watch.ErrorTrace;
import io.millrace.consumer.watch.RunningCall;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.model.Checkpoint;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.GuardedLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One held lease and its consumer. The consumer runs on a view of the worker's event loop, so whatever throws in one of its
 * tasks is known to be this consumer's: it stops at once, the call of the user's code that is under way may return, and the
 * lease is given back at what is processed. The next owner, who may be this worker, starts afresh.
 *
 * <p>Belongs to the worker's event loop; {@link #health} is safe for any thread.
 */
public final class SupervisedConsumer implements UserCalls, ConsumerParts.Owner {
    private static final Logger log = LoggerFactory.getLogger(SupervisedConsumer.class);

    private final HeldLease lease;
    private final EventLoop loop;
    private final UserCalls threads;
    private final Supervisor supervisor;
    private final GuardedLoop guarded;
    private volatile State state = State.WAITING;
    /** How many calls of the user's code are under way. */
    private int calling;

    private boolean leaseGone;
    private boolean isPaused;
    private EventLoop.Cancellable timer = EventLoop.Cancellable.DONE;
    private volatile @Nullable ShardConsumer consumer;
    /** How the shard is while no consumer works. */
    private volatile ShardHealth idleHealth;

    private enum State {
        /** The consumer is not started yet, because one before it broke. */
        WAITING,
        RUNNING,
        /** Something threw; the lease is being given back. */
        BROKEN,
        OVER
    }

    /** Runs {@code lease}'s consumer on {@code loop} and its user's code on {@code threads}. */
    public SupervisedConsumer(
            HeldLease lease, EventLoop loop, UserCalls threads, Supervisor supervisor, LoopGuard guard) {
        this.lease = lease;
        this.loop = loop;
        this.threads = threads;
        this.supervisor = supervisor;
        this.guarded = guard.guard(loop, this::broke);
        this.idleHealth = new ShardHealth(
                lease.key().stream(), lease.key().shard(), lease.epoch(), ShardPhase.WAITING, 0, null, null, Pace.NONE);
    }

    /** Decides where the errors of tasks go: to the handler. Replaced only to show that simulations notice. */
    @FunctionalInterface
    public interface LoopGuard {
        /** A view of {@code loop} that hands to {@code onError} what its tasks throw. */
        GuardedLoop guard(EventLoop loop, Consumer<Throwable> onError);
    }

    /** Looks after consumers. Called on the worker's event loop. */
    public interface Supervisor {
        /** The parts of a consumer whose loop, user's calls and owner are {@code consumer}'s. */
        ConsumerParts parts(SupervisedConsumer consumer);

        /** Hears that {@code consumer} broke; it gives its lease back by itself. */
        void broke(SupervisedConsumer consumer, Throwable error);

        /** Hears that {@code consumer} has done all it will do. */
        void over(SupervisedConsumer consumer, ConsumerEnd end);

        /** As {@link ConsumerParts.Owner#stopWorker}. */
        void stopWorker(String reason);

        /** As {@link ConsumerParts.Owner#recordsExpired}. */
        void recordsExpired(LeaseKey shard, @Nullable Instant from, @Nullable Instant until);
    }

    /** The lease whose shard is consumed. */
    public HeldLease lease() {
        return lease;
    }

    /** The loop as the consumer sees it. */
    public EventLoop loop() {
        return guarded;
    }

    /** How the shard is. */
    public ShardHealth health() {
        ShardConsumer running = state == State.RUNNING ? consumer : null;
        return running == null ? idleHealth : running.health();
    }

    /** The consumer, while it works. */
    public Optional<ShardConsumer> atWork() {
        return state == State.RUNNING ? Optional.ofNullable(consumer) : Optional.empty();
    }

    /** True once the lease is gone, whatever the processor is still about. */
    public boolean hasLost() {
        ShardConsumer running = consumer;
        return leaseGone || state == State.OVER || (state == State.RUNNING && running != null && running.hasLost());
    }

    /** Starts the consumer after {@code pause}; {@code failure} says why there is one. */
    public void start(Duration pause, @Nullable Failing failure) {
        show(failure);
        if (pause.isZero()) {
            run();
        } else {
            timer = loop.schedule(pause, this::run);
        }
    }

    /** The lease shall be given back within {@code time}. */
    public void drain(Duration time) {
        if (state == State.WAITING) {
            timer.cancel();
            state = State.BROKEN;
            release();
        } else if (state == State.RUNNING) {
            guarded.run(() -> requireNonNull(consumer).drain(time));
        }
    }

    /** The lease is gone. */
    public void lost(String reason) {
        leaseGone = true;
        if (state == State.WAITING) {
            timer.cancel();
            end(new ConsumerEnd.Lost(reason));
        } else if (state == State.RUNNING) {
            guarded.run(() -> requireNonNull(consumer).lost(reason));
        }
    }

    @Override
    public <T> RunningCall call(
            Callable<? extends CompletionStage<T>> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
        calling++;
        return threads.call(code, (T value, Throwable error) -> {
            calling--;
            if (state == State.BROKEN) {
                if (calling == 0) {
                    sayFarewell();
                }
            } else {
                guarded.run(() -> done.accept(value, error));
            }
        });
    }

    @Override
    public void goOnElsewhere(Runnable task) {
        threads.goOnElsewhere(task);
    }

    @Override
    public void over(ShardConsumer over, ConsumerEnd how) {
        if (state == State.RUNNING) {
            end(how);
        }
    }

    @Override
    public void stopWorker(String reason) {
        supervisor.stopWorker(reason);
    }

    @Override
    public void recordsExpired(LeaseKey shard, @Nullable Instant from, @Nullable Instant until) {
        supervisor.recordsExpired(shard, from, until);
    }

    /** Hands out nothing, or goes on. */
    public void pause(boolean wanted) {
        isPaused = wanted;
        if (state == State.RUNNING) {
            guarded.run(() -> requireNonNull(consumer).pause(wanted));
        }
    }

    /** Begins anew at the checkpoint, with new processors. */
    public void restart() {
        if (state == State.RUNNING) {
            guarded.run(() -> requireNonNull(consumer).restart());
        }
    }

    private void run() {
        state = State.RUNNING;
        guarded.run(() -> {
            ShardConsumer made = new ShardConsumer(lease, supervisor.parts(this));
            consumer = made;
            made.pause(isPaused);
            made.start();
        });
    }

    private void broke(Throwable error) {
        if (state != State.RUNNING) {
            log.debug("{}: thrown after the end", lease.key(), error);
            return;
        }
        state = State.BROKEN;
        guarded.close();
        supervisor.broke(this, error);
        ShardConsumer broken = consumer;
        if (broken != null) {
            broken.abandon();
        }
        if (calling == 0) {
            sayFarewell();
        }
    }

    /** Shows {@code failure} while no consumer works. */
    public void show(@Nullable Failing failure) {
        idleHealth = new ShardHealth(
                lease.key().stream(),
                lease.key().shard(),
                lease.epoch(),
                failure == null ? ShardPhase.WAITING : ShardPhase.BROKEN,
                0,
                failure,
                null,
                Pace.NONE);
    }

    /** The processor lets go of what it holds before another one may begin. */
    private void sayFarewell() {
        ShardConsumer broken = consumer;
        List<Callable<CompletionStage<?>>> farewells = broken == null ? List.of() : broken.farewells();
        if (farewells.isEmpty()) {
            release();
            return;
        }
        RunningCall unused = threads.call(() -> told(farewells), (told, thrown) -> {
            if (thrown != null) {
                log.warn("{}: leaseLost threw {}", lease.key(), ErrorTrace.of(thrown));
            }
            release();
        });
    }

    private static CompletionStage<Void> told(List<Callable<CompletionStage<?>>> farewells) {
        List<CompletableFuture<?>> told = new ArrayList<>();
        for (Callable<CompletionStage<?>> farewell : farewells) {
            try {
                told.add(farewell.call().toCompletableFuture());
            } catch (Throwable thrown) {
                told.add(CompletableFuture.failedFuture(thrown));
            }
        }
        return CompletableFuture.allOf(told.toArray(CompletableFuture<?>[]::new));
    }

    private void release() {
        ShardConsumer broken = consumer;
        Checkpoint last = broken == null ? lease.checkpoint() : broken.last();
        loop.whenComplete(lease.release(last), (outcome, error) -> {
            if (error != null) {
                log.warn("{}: giving the lease back failed: {}", lease.key(), error.toString());
            }
            end(new ConsumerEnd.Broken(outcome == CheckpointOutcome.SAVED));
        });
    }

    private void end(ConsumerEnd how) {
        if (state != State.OVER) {
            boolean broken = state == State.BROKEN;
            state = State.OVER;
            supervisor.over(this, how);
            ShardConsumer last = consumer;
            if (broken && last != null) {
                last.endTurn();
            }
        }
    }
}
