package io.millrace.consumer;

import io.millrace.runtime.EventLoop;
import io.millrace.sim.PassingLoop;
import io.millrace.sim.PassingPlatform;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.BooleanSupplier;

/** A simulated platform that may have no thread to give, and whose workers' loops may stand still. */
final class TroubledPlatform extends PassingPlatform {
    private final BooleanSupplier refusesThread;
    final List<StallingLoop> workerLoops = new ArrayList<>();

    TroubledPlatform(Simulation sim, BooleanSupplier refusesThread) {
        super(sim);
        this.refusesThread = refusesThread;
    }

    @Override
    public EventLoop newEventLoop(String name) {
        EventLoop loop = super.newEventLoop(name);
        if (!name.equals("millrace-worker")) {
            return loop;
        }
        StallingLoop stalling = new StallingLoop(loop);
        workerLoops.add(stalling);
        return stalling;
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        BlockingTasks tasks = super.newBlockingTasks(name, bound);
        return new BlockingTasks() {
            @Override
            public void execute(Runnable task) {
                if (refusesThread.getAsBoolean()) {
                    throw new OutOfMemoryError("unable to create native thread: made on purpose");
                }
                tasks.execute(task);
            }

            @Override
            public void close() {
                tasks.close();
            }
        };
    }

    /** A loop that runs nothing for a while, as if one of its tasks were blocked. */
    static final class StallingLoop extends PassingLoop {
        private final Queue<Runnable> held = new ArrayDeque<>();
        private boolean stalled;

        StallingLoop(EventLoop inner) {
            super(inner);
        }

        void stall() {
            stalled = true;
        }

        void goOn() {
            stalled = false;
            while (!held.isEmpty() && !stalled) {
                held.remove().run();
            }
        }

        @Override
        public void execute(Runnable task) {
            super.execute(() -> runOrHold(task));
        }

        @Override
        public Cancellable schedule(Duration delay, Runnable task) {
            boolean[] cancelled = new boolean[1];
            Cancellable timer = super.schedule(
                    delay,
                    () -> runOrHold(() -> {
                        if (!cancelled[0]) {
                            task.run();
                        }
                    }));
            return () -> {
                cancelled[0] = true;
                timer.cancel();
            };
        }

        private void runOrHold(Runnable task) {
            if (stalled || !held.isEmpty()) {
                held.add(task);
            } else {
                task.run();
            }
        }
    }
}
