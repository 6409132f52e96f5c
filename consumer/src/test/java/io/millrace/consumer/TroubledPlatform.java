package io.millrace.consumer;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/** A simulated platform that may have no thread to give, and whose workers' loops may stand still. */
final class TroubledPlatform implements Platform {
    private final Simulation sim;
    private final BooleanSupplier refusesThread;
    final List<StallingLoop> workerLoops = new ArrayList<>();

    TroubledPlatform(Simulation sim, BooleanSupplier refusesThread) {
        this.sim = sim;
        this.refusesThread = refusesThread;
    }

    @Override
    public Ticker ticker() {
        return sim.ticker();
    }

    @Override
    public InstantSource clock() {
        return sim.clock();
    }

    @Override
    public RandomGenerator random() {
        return sim.random();
    }

    @Override
    public EventLoop newEventLoop(String name) {
        EventLoop loop = sim.newEventLoop(name);
        if (!name.equals("millrace-worker")) {
            return loop;
        }
        StallingLoop stalling = new StallingLoop(loop);
        workerLoops.add(stalling);
        return stalling;
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        BlockingTasks tasks = sim.newBlockingTasks(name, bound);
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

    @Override
    public void contained(Throwable error) {
        sim.contained(error);
    }

    /** A loop that runs nothing for a while, as if one of its tasks were blocked. */
    static final class StallingLoop implements EventLoop {
        private final EventLoop inner;
        private final Queue<Runnable> held = new ArrayDeque<>();
        private boolean stalled;

        StallingLoop(EventLoop inner) {
            this.inner = inner;
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
            inner.execute(() -> runOrHold(task));
        }

        @Override
        public Cancellable schedule(Duration delay, Runnable task) {
            boolean[] cancelled = new boolean[1];
            Cancellable timer = inner.schedule(
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

        private void runOrHold(Runnable task) {
            if (stalled || !held.isEmpty()) {
                held.add(task);
            } else {
                task.run();
            }
        }
    }
}
