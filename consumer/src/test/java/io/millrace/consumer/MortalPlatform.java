package io.millrace.consumer;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.sim.PassingLoop;
import io.millrace.sim.PassingPlatform;
import java.time.Duration;

/** The platform of one process that may be killed: from then on nothing of it runs any more, whatever was due. */
final class MortalPlatform extends PassingPlatform {
    private boolean dead;

    MortalPlatform(Platform inner) {
        super(inner);
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
    public EventLoop newEventLoop(String name) {
        return new PassingLoop(super.newEventLoop(name)) {
            @Override
            public void execute(Runnable task) {
                super.execute(whileAlive(task));
            }

            @Override
            public Cancellable schedule(Duration delay, Runnable task) {
                return super.schedule(delay, whileAlive(task));
            }
        };
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        BlockingTasks tasks = super.newBlockingTasks(name, bound);
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
}
