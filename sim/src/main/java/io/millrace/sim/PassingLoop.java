package io.millrace.sim;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Another event loop, unchanged: a test overrides the one thing in which its own differs. As safe for several threads as that. */
public class PassingLoop implements EventLoop {
    private final EventLoop inner;

    /** Passes everything on to {@code inner}. */
    public PassingLoop(EventLoop inner) {
        this.inner = requireNonNull(inner, "inner");
    }

    @Override
    public void execute(Runnable task) {
        inner.execute(task);
    }

    @Override
    public Cancellable schedule(Duration delay, Runnable task) {
        return inner.schedule(delay, task);
    }

    @Override
    public boolean inEventLoop() {
        return inner.inEventLoop();
    }

    @Override
    public void close() {
        inner.close();
    }

    @Override
    public CompletableFuture<Void> closed() {
        return inner.closed();
    }
}
