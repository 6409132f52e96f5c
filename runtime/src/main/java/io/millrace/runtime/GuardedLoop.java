package io.millrace.runtime;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * An event loop as one of its users sees it. Whatever a task of this user throws goes to the user's own handler, so that the
 * user can end what is broken; the loop and its other users go on.
 *
 * <p>Safe for any thread. Closing ends this view only: it takes no more tasks and drops those that have not begun, timers
 * included. The loop below stays open.
 */
public final class GuardedLoop implements EventLoop {
    private final EventLoop inner;
    private final Consumer<Throwable> onError;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile boolean closing;

    /**
     * A view of {@code inner}.
     *
     * @param onError takes what a task threw, on the loop; the tasks that follow still run unless it closes this view
     */
    public GuardedLoop(EventLoop inner, Consumer<Throwable> onError) {
        this.inner = requireNonNull(inner, "inner");
        this.onError = requireNonNull(onError, "onError");
    }

    @Override
    public void execute(Runnable task) {
        requireNonNull(task, "task");
        checkOpen();
        inner.execute(() -> run(task));
    }

    @Override
    public Cancellable schedule(Duration delay, Runnable task) {
        requireNonNull(task, "task");
        checkOpen();
        return inner.schedule(delay, () -> run(task));
    }

    @Override
    public boolean inEventLoop() {
        return inner.inEventLoop();
    }

    @Override
    public void close() {
        closing = true;
        closed.complete(null);
    }

    @Override
    public CompletableFuture<Void> closed() {
        return closed;
    }

    /** Runs {@code task} now, guarded as all tasks are; does nothing once closed. Call it on the loop. */
    public void run(Runnable task) {
        if (closing) {
            return;
        }
        try {
            task.run();
        } catch (Throwable error) {
            onError.accept(error);
        }
    }

    private void checkOpen() {
        if (closing) {
            throw new RejectedExecutionException("this user of " + inner + " has ended");
        }
    }
}
