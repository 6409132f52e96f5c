package io.millrace.consumer;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/** The platform of one process that may be killed: from then on nothing of it runs any more, whatever was due. */
final class MortalPlatform implements Platform {
    private final Platform inner;
    private boolean dead;

    MortalPlatform(Platform inner) {
        this.inner = inner;
    }

    void kill() {
        dead = true;
    }

    boolean isDead() {
        return dead;
    }

    private Runnable whileAlive(Runnable task) {
        return () -> {
            if (!dead) {
                task.run();
            }
        };
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
        EventLoop loop = inner.newEventLoop(name);
        return new EventLoop() {
            @Override
            public void execute(Runnable task) {
                loop.execute(whileAlive(task));
            }

            @Override
            public Cancellable schedule(Duration delay, Runnable task) {
                return loop.schedule(delay, whileAlive(task));
            }

            @Override
            public boolean inEventLoop() {
                return loop.inEventLoop();
            }

            @Override
            public void close() {
                loop.close();
            }

            @Override
            public CompletableFuture<Void> closed() {
                return loop.closed();
            }
        };
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        BlockingTasks tasks = inner.newBlockingTasks(name, bound);
        return new BlockingTasks() {
            @Override
            public void execute(Runnable task) {
                tasks.execute(whileAlive(task));
            }

            @Override
            public void close() {
                tasks.close();
            }
        };
    }

    @Override
    public void contained(Throwable error) {
        inner.contained(error);
    }
}
