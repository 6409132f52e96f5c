package io.millrace.sim;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * Another platform, unchanged: a test overrides the one thing in which its machine differs, such as its clock or its loops (see
 * {@link PassingLoop}). As safe for several threads as the other platform is.
 */
public class PassingPlatform implements Platform {
    private final Platform inner;

    /** Passes everything on to {@code inner}. */
    public PassingPlatform(Platform inner) {
        this.inner = requireNonNull(inner, "inner");
    }

    @Override
    public Ticker ticker() {
        return inner.ticker();
    }

    @Override
    public InstantSource clock() {
        return inner.clock();
    }

    @Override
    public RandomGenerator random() {
        return inner.random();
    }

    @Override
    public EventLoop newEventLoop(String name) {
        return inner.newEventLoop(name);
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        return inner.newBlockingTasks(name, bound);
    }

    @Override
    public BlockingTasks newPipeThreads(String name) {
        return inner.newPipeThreads(name);
    }

    @Override
    public void contained(Throwable error) {
        inner.contained(error);
    }
}
