package io.millrace.runtime;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A serial executor with timers: tasks run one at a time, in the order they came, and see each other's writes. An object
 * that belongs to a loop is touched from its tasks only and needs no lock. Tasks must not block.
 *
 * <p>All methods are safe for any thread. A task that throws is reported to the loop's error handler and does not stop
 * the loop. One that runs while the loop is being closed and is refused its next task or timer has not failed: it ends.
 */
public interface EventLoop extends Executor, AutoCloseable {
    /**
     * Runs {@code task} after all tasks handed in before it.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the loop is closed
     */
    @Override
    void execute(Runnable task);

    /**
     * Runs {@code task} once, {@code delay} from now or as soon after as the loop is free.
     *
     * @return what cancels it
     * @throws java.util.concurrent.RejectedExecutionException if the loop is closed
     */
    Cancellable schedule(Duration delay, Runnable task);

    /** True on the loop's own thread. */
    boolean inEventLoop();

    /** Stops taking tasks, drops timers, lets tasks already handed in run, and returns without waiting for them. */
    @Override
    void close();

    /** Completes when the loop was closed and its last task has run. */
    CompletableFuture<Void> closed();

    /**
     * Hands the outcome of {@code stage} to {@code handler} as a task of this loop: how an answer from elsewhere comes
     * home. Exactly one of value and error is present; a {@link java.util.concurrent.CompletionException} is unwrapped.
     * An outcome that comes after the loop was closed is dropped.
     */
    default <T> void whenComplete(CompletionStage<T> stage, BiConsumer<@Nullable T, @Nullable Throwable> handler) {
        stage.whenComplete((value, error) -> Outcomes.deliver(this, value, error, handler));
    }

    /**
     * Runs {@code task} on this loop, after all tasks handed in before it. The result takes the outcome of what {@code task}
     * returns as soon as that has one, wherever that is, and fails if {@code task} throws or the loop is closed.
     */
    default <T> CompletableFuture<T> call(Supplier<CompletableFuture<T>> task) {
        return CompletableFuture.completedFuture(this).thenComposeAsync(loop -> task.get(), this);
    }

    /**
     * The outcome of {@code stage}, brought home: the result completes on this loop, so that what follows from it runs there,
     * and fails if the loop is closed by then. Where nothing has to be returned, {@link #whenComplete} does the same.
     */
    default <T> CompletableFuture<T> home(CompletableFuture<T> stage) {
        return stage.whenCompleteAsync((value, error) -> {}, this);
    }

    /** A timer that has not fired yet can be cancelled; afterwards cancelling does nothing. Safe for any thread. */
    @FunctionalInterface
    interface Cancellable {
        /** A timer that is over. */
        Cancellable DONE = () -> {};

        /** Makes sure that the task does not start from now on (when called on the loop; else it may just be starting). */
        void cancel();
    }
}
