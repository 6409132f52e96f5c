package io.millrace.consumer;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** A machine whose wall clock is wrong by {@code skew}. */
public record SkewedPlatform(Platform inner, Duration skew) implements Platform {
    @Override
    public Ticker ticker() {
        return inner.ticker();
    }

    @Override
    public InstantSource clock() {
        return () -> inner.clock().instant().plus(skew);
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
    public void contained(Throwable error) {
        inner.contained(error);
    }
}
