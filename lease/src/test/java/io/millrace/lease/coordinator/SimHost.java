package io.millrace.lease.coordinator;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/** One simulated machine: its tasks stop for ever when it crashes, and for a while when it pauses; its clock may be off. */
final class SimHost implements Platform {
    private final Simulation sim;
    private final double rate;
    private final Duration skew;
    private final List<HostLoop> loops = new ArrayList<>();
    private boolean crashed;
    private boolean paused;
    private long pausedAt;
    private long pausedBefore;

    /** A machine whose clock runs {@code rate} times as fast as the world's. */
    SimHost(Simulation sim, double rate) {
        this(sim, rate, Duration.ZERO);
    }

    /** The same, whose wall clock is ahead by {@code skew}, or behind. */
    SimHost(Simulation sim, double rate, Duration skew) {
        this.sim = sim;
        this.rate = rate;
        this.skew = skew;
    }

    void crash() {
        crashed = true;
    }

    boolean isCrashed() {
        return crashed;
    }

    /** For how long the machine has been paused in all, in nanoseconds of its own clock. */
    long pausedNanos() {
        long current = paused ? sim.ticker().nanoTime() - pausedAt : 0;
        return (long) ((pausedBefore + current) * rate);
    }

    void pause(Duration time) {
        if (!paused) {
            pausedAt = sim.ticker().nanoTime();
        }
        paused = true;
        sim.at(time, () -> {
            if (paused) {
                pausedBefore += sim.ticker().nanoTime() - pausedAt;
            }
            paused = false;
            loops.forEach(HostLoop::drain);
        });
    }

    /** One of the loops stands still, the others go on. */
    void stall(int index, Duration time) {
        HostLoop loop = loops.get(index);
        loop.stalled = true;
        sim.at(time, () -> {
            loop.stalled = false;
            loop.drain();
        });
    }

    boolean isPaused() {
        return paused || loops.stream().anyMatch(loop -> loop.stalled);
    }

    @Override
    public Ticker ticker() {
        return () -> (long) (sim.ticker().nanoTime() * rate);
    }

    @Override
    public InstantSource clock() {
        return () -> sim.clock().instant().plus(skew);
    }

    @Override
    public RandomGenerator random() {
        return sim.random();
    }

    @Override
    public EventLoop newEventLoop(String name) {
        HostLoop loop = new HostLoop(sim.newEventLoop(name));
        loops.add(loop);
        return loop;
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        throw new UnsupportedOperationException("leases need no blocking tasks");
    }

    @Override
    public void contained(Throwable error) {
        sim.contained(error);
    }

    private final class HostLoop implements EventLoop {
        private final EventLoop inner;
        private final Deque<Runnable> held = new ArrayDeque<>();
        private boolean stalled;

        HostLoop(EventLoop inner) {
            this.inner = inner;
        }

        @Override
        public void execute(Runnable task) {
            inner.execute(() -> runOrHold(task));
        }

        @Override
        public Cancellable schedule(Duration delay, Runnable task) {
            boolean[] cancelled = new boolean[1];
            Runnable unlessCancelled = () -> {
                if (!cancelled[0]) {
                    task.run();
                }
            };
            Duration real = Duration.ofNanos((long) (delay.toNanos() / rate) + 1);
            Cancellable timer = inner.schedule(real, () -> runOrHold(unlessCancelled));
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

        void drain() {
            while (!held.isEmpty() && !paused && !stalled && !crashed) {
                held.remove().run();
            }
        }

        private void runOrHold(Runnable task) {
            if (crashed) {
                return;
            }
            if (paused || stalled || !held.isEmpty()) {
                held.add(task);
            } else {
                task.run();
            }
        }
    }
}
