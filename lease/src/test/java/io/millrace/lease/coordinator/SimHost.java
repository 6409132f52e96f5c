package io.millrace.lease.coordinator;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Ticker;
import io.millrace.sim.PassingLoop;
import io.millrace.sim.PassingPlatform;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** One simulated machine: its tasks stop for ever when it crashes, and for a while when it pauses; its clock may be off. */
final class SimHost extends PassingPlatform {
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
        super(sim);
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
    public EventLoop newEventLoop(String name) {
        HostLoop loop = new HostLoop(sim.newEventLoop(name));
        loops.add(loop);
        return loop;
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        throw new UnsupportedOperationException("leases need no blocking tasks");
    }

    private final class HostLoop extends PassingLoop {
        private final Deque<Runnable> held = new ArrayDeque<>();
        private boolean stalled;

        HostLoop(EventLoop inner) {
            super(inner);
        }

        @Override
        public void execute(Runnable task) {
            super.execute(() -> runOrHold(task));
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
            Cancellable timer = super.schedule(real, () -> runOrHold(unlessCancelled));
            return () -> {
                cancelled[0] = true;
                timer.cancel();
            };
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
