package io.millrace.runtime;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * An event loop on one platform thread of its own. Any thread adds to a lock-free queue and wakes the loop if it is
 * parked; timers live in a heap that only the loop touches, so setting one from elsewhere is a message too.
 */
final class ThreadEventLoop implements EventLoop {
    private final ErrorHandler errors;
    private final Ticker ticker;
    private final Thread thread;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean parked = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile boolean closing;
    /** Set by the loop once it will look at the queue no more. */
    private volatile boolean ended;

    // Owned by the loop's thread.
    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>(Comparator.<Timer>naturalOrder().thenComparingLong(timer -> timer.order));
    private long timersMade;

    ThreadEventLoop(String name, Ticker ticker, ErrorHandler errors) {
        this.ticker = requireNonNull(ticker, "ticker");
        this.errors = requireNonNull(errors, "errors");
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Starts the thread; apart from construction so that {@code this} is whole before another thread sees it. */
    ThreadEventLoop start() {
        thread.start();
        return this;
    }

    @Override
    public void execute(Runnable task) {
        requireNonNull(task, "task");
        if (closing) {
            throw new RejectedExecutionException(this + " is closed");
        }
        tasks.add(task);
        wake();
        if (ended && tasks.remove(task)) {
            throw new RejectedExecutionException(this + " is closed");
        }
    }

    @Override
    public Cancellable schedule(Duration delay, Runnable task) {
        requireNonNull(task, "task");
        Timer timer = new Timer(ticker.nanoTime() + Math.max(0, delay.toNanos()), task);
        if (inEventLoop()) {
            if (closing) {
                throw new RejectedExecutionException(this + " is closed");
            }
            add(timer);
        } else {
            execute(() -> add(timer));
        }
        return timer;
    }

    @Override
    public boolean inEventLoop() {
        return Thread.currentThread() == thread;
    }

    @Override
    public void close() {
        closing = true;
        wake();
    }

    @Override
    public CompletableFuture<Void> closed() {
        return closed;
    }

    @Override
    public String toString() {
        return "EventLoop[" + thread.getName() + "]";
    }

    private void run() {
        while (true) {
            Runnable task = tasks.poll();
            if (task != null) {
                runGuarded(task);
                fireDueTimers();
            } else if (closing) {
                break;
            } else {
                fireDueTimers();
                park();
            }
        }
        ended = true;
        // What raced with the end: its sender saw the loop open, so it still runs.
        for (Runnable late = tasks.poll(); late != null; late = tasks.poll()) {
            runGuarded(late);
        }
        timers.clear();
        closed.complete(null);
    }

    private void fireDueTimers() {
        if (closing) {
            return;
        }
        for (Timer timer = timers.peek(); timer != null && timer.isDue(); timer = timers.peek()) {
            timers.remove();
            timer.fire();
        }
    }

    private void park() {
        parked.set(true);
        // A task added between the last look and here saw no parked loop and woke nobody: look again.
        if (tasks.isEmpty() && !closing) {
            Timer next = timers.peek();
            if (next == null) {
                LockSupport.park(this);
            } else {
                long nanos = next.deadline - ticker.nanoTime();
                if (nanos > 0) {
                    LockSupport.parkNanos(this, nanos);
                }
            }
        }
        parked.set(false);
    }

    private void wake() {
        if (parked.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
        }
    }

    private void add(Timer timer) {
        if (timer.task != null) {
            timer.order = timersMade++;
            timers.add(timer);
        }
    }

    private void runGuarded(Runnable task) {
        try {
            task.run();
        } catch (RejectedExecutionException refused) {
            // A task that sets its next timer, or hands on a task, while the loop is being closed ends there.
            if (!closing) {
                errors.onError(thread.getName(), refused);
            }
        } catch (Throwable error) {
            errors.onError(thread.getName(), error);
        }
    }

    private final class Timer implements Cancellable, Comparable<Timer> {
        private final long deadline;
        private volatile @Nullable Runnable task;
        private long order;

        Timer(long deadline, Runnable task) {
            this.deadline = deadline;
            this.task = task;
        }

        @Override
        public void cancel() {
            task = null;
            if (inEventLoop()) {
                timers.remove(this);
            }
            // From elsewhere the empty timer stays in the heap until its time, holding nothing.
        }

        boolean isDue() {
            return deadline - ticker.nanoTime() <= 0;
        }

        void fire() {
            Runnable due = task;
            task = null;
            if (due != null) {
                runGuarded(due);
            }
        }

        @Override
        public int compareTo(Timer other) {
            return Long.compare(deadline - other.deadline, 0);
        }
    }
}
