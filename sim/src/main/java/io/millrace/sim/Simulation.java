package io.millrace.sim;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A platform of virtual time. All event loops and blocking tasks made from it share one queue of events; time jumps to
 * the next event when nothing is due. Among events that are due at the same moment on different loops the seed chooses;
 * each loop keeps its own order.
 *
 * <p>Not safe for several threads: build, run and look at everything from one. A task that throws ends the run with a
 * {@link SimulationError} that names the seed.
 */
public final class Simulation implements Platform {
    /** When virtual time begins, on the wall clock. */
    public static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

    private final long seed;
    private final SplittableRandom schedule;
    private final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final List<Runnable> observers = new ArrayList<>();
    private long now;
    private long eventsMade;
    private @Nullable SimLoop running;
    private boolean bearsErrors;

    /** A simulation that {@code seed} decides. */
    public Simulation(long seed) {
        this.seed = seed;
        SplittableRandom root = new SplittableRandom(seed);
        this.schedule = root.split();
        this.random = root.split();
    }

    /** What decides this run. */
    public long seed() {
        return seed;
    }

    /** From now on an error that a component contains does not end the run. */
    public void bearContainedErrors() {
        bearsErrors = true;
    }

    /** Calls {@code observer} after every event: the place for invariants. */
    public void afterEveryEvent(Runnable observer) {
        observers.add(requireNonNull(observer, "observer"));
    }

    /** Runs all that is due until {@code time} has passed from now. */
    public void run(Duration time) {
        long end = now + time.toNanos();
        for (Event next = events.peek(); next != null && next.time <= end; next = events.peek()) {
            step();
        }
        now = end;
    }

    /**
     * Runs until {@code condition} holds.
     *
     * @throws SimulationError if it does not within {@code limit} of virtual time, or if nothing is left to happen
     */
    public void runUntil(BooleanSupplier condition, Duration limit) {
        long end = now + limit.toNanos();
        while (!condition.getAsBoolean()) {
            Event next = events.peek();
            if (next == null || next.time > end) {
                throw new SimulationError(seed, "the awaited did not come true within " + limit, null);
            }
            step();
        }
    }

    /** Runs {@code task} at this moment of virtual time plus {@code delay}, on no loop. */
    public void at(Duration delay, Runnable task) {
        events.add(new Event(now + delay.toNanos(), schedule.nextInt(), eventsMade++, null, task));
    }

    /** Virtual time since the simulation began. */
    public Duration elapsed() {
        return Duration.ofNanos(now);
    }

    @Override
    public Ticker ticker() {
        return () -> now;
    }

    @Override
    public InstantSource clock() {
        return () -> EPOCH.plusNanos(now);
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public EventLoop newEventLoop(String name) {
        return new SimLoop(name);
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        return new SimTasks();
    }

    @Override
    public void contained(Throwable error) {
        if (!bearsErrors) {
            throw new SimulationError(seed, "after " + elapsed() + " of virtual time: " + error, error);
        }
    }

    private void step() {
        Event event = events.remove();
        now = Math.max(now, event.time);
        if (!event.cancelled) {
            running = event.loop;
            try {
                event.task.run();
                observers.forEach(Runnable::run);
            } catch (SimulationError error) {
                throw error;
            } catch (RejectedExecutionException refused) {
                // As on a real loop: a task that is refused its next timer while its loop is being closed ends there.
                if (event.loop == null || !event.loop.closing) {
                    throw new SimulationError(seed, "after " + elapsed() + " of virtual time: " + refused, refused);
                }
            } catch (Throwable error) {
                throw new SimulationError(seed, "after " + elapsed() + " of virtual time: " + error, error);
            } finally {
                running = null;
            }
        }
    }

    private final class SimLoop implements EventLoop {
        private final String name;
        private final CompletableFuture<Void> closed = new CompletableFuture<>();
        private final List<Event> timers = new ArrayList<>();
        private boolean closing;
        /** Events of one loop and moment share a tie, so that they keep their order; other loops' ties differ. */
        private final long ties = schedule.nextLong();

        SimLoop(String name) {
            this.name = requireNonNull(name, "name");
        }

        @Override
        public void execute(Runnable task) {
            add(0, task);
        }

        @Override
        public Cancellable schedule(Duration delay, Runnable task) {
            timers.removeIf(event -> event.time < now || event.cancelled);
            Event event = add(Math.max(0, delay.toNanos()), task);
            timers.add(event);
            return () -> event.cancelled = true;
        }

        @Override
        public boolean inEventLoop() {
            return running == this;
        }

        @Override
        public void close() {
            if (!closing) {
                timers.forEach(event -> event.cancelled = true);
                timers.clear();
                add(0, () -> closed.complete(null));
                closing = true;
            }
        }

        @Override
        public CompletableFuture<Void> closed() {
            return closed;
        }

        @Override
        public String toString() {
            return "EventLoop[" + name + "]";
        }

        private Event add(long delay, Runnable task) {
            if (closing) {
                throw new RejectedExecutionException(this + " is closed");
            }
            long time = now + delay;
            int tie = new SplittableRandom(ties ^ time).nextInt();
            Event event = new Event(time, tie, eventsMade++, this, requireNonNull(task, "task"));
            events.add(event);
            return event;
        }
    }

    /** Blocking tasks start a random moment later, in any order, and take no time. */
    private final class SimTasks implements BlockingTasks {
        private boolean closed;

        @Override
        public void execute(Runnable task) {
            if (closed) {
                throw new RejectedExecutionException("closed");
            }
            at(Duration.ofNanos(schedule.nextInt(1_000_000)), task);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static final class Event implements Comparable<Event> {
        private final long time;
        private final int tie;
        private final long order;
        private final @Nullable SimLoop loop;
        private final Runnable task;
        private boolean cancelled;

        Event(long time, int tie, long order, @Nullable SimLoop loop, Runnable task) {
            this.time = time;
            this.tie = tie;
            this.order = order;
            this.loop = loop;
            this.task = task;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(time, other.time);
            int byTie = byTime != 0 ? byTime : Integer.compare(tie, other.tie);
            return byTie != 0 ? byTie : Long.compare(order, other.order);
        }
    }
}
