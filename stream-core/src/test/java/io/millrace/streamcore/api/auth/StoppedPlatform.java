package io.millrace.streamcore.api.auth;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** A platform whose clocks move when told to. Belongs to one test. */
final class StoppedPlatform implements Platform {
    private final SystemPlatform real = new SystemPlatform();
    private Instant now;
    private long nanos;

    StoppedPlatform(Instant now) {
        this.now = now;
    }

    void pass(Duration duration) {
        now = now.plus(duration);
        nanos += duration.toNanos();
    }

    @Override
    public Ticker ticker() {
        return () -> nanos;
    }

    @Override
    public InstantSource clock() {
        return () -> now;
    }

    @Override
    public RandomGenerator random() {
        return real.random();
    }

    @Override
    public EventLoop newEventLoop(String name) {
        return real.newEventLoop(name);
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        return real.newBlockingTasks(name, bound);
    }
}
