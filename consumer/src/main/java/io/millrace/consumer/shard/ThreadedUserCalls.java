package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.watch.RunningCall;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform.BlockingTasks;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the user's code on threads that may block. A thread that cannot be had counts as a call that threw. */
public final class ThreadedUserCalls implements UserCalls {
    private static final Logger log = LoggerFactory.getLogger(ThreadedUserCalls.class);

    private final BlockingTasks threads;
    private final BlockingTasks others;
    private final EventLoop loop;
    private int refusals;

    /**
     * Calls on {@code threads} whose outcomes come to {@code loop}. What goes on elsewhere does so on {@code others}: all of
     * {@code threads} may be waiting for that.
     */
    public ThreadedUserCalls(BlockingTasks threads, BlockingTasks others, EventLoop loop) {
        this.threads = threads;
        this.others = others;
        this.loop = loop;
    }

    @Override
    public <T> RunningCall call(
            Callable<? extends CompletionStage<T>> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
        ThreadedCall call = new ThreadedCall();
        try {
            threads.execute(() -> run(call, code, done));
        } catch (Throwable noThread) {
            if (Integer.bitCount(++refusals) == 1) {
                log.warn("No thread for a processor, {} times by now; its call is tried again", refusals, noThread);
            }
            tell(() -> done.accept(null, noThread));
        }
        return call;
    }

    @Override
    public void goOnElsewhere(Runnable task) {
        try {
            others.execute(task);
        } catch (Throwable noThread) {
            task.run();
        }
    }

    private <T> void run(
            ThreadedCall call,
            Callable<? extends CompletionStage<T>> code,
            BiConsumer<@Nullable T, @Nullable Throwable> done) {
        CompletionStage<T> stage = null;
        Throwable thrown = null;
        call.begin();
        try {
            stage = requireNonNull(code.call(), "a processor returned null instead of a stage");
        } catch (Throwable anything) {
            // The user's code may throw what it likes; the consumer decides what follows.
            thrown = anything;
        }
        call.end();
        if (stage == null) {
            Throwable error = thrown;
            tell(() -> done.accept(null, error));
        } else {
            try {
                // Not loop.whenComplete: a loop that is closed by then must not fail the user's stage.
                stage.whenComplete((value, error) -> tell(() -> done.accept(value, unwrapped(error))));
            } catch (Throwable notAStage) {
                tell(() -> done.accept(null, notAStage));
            }
        }
    }

    private static @Nullable Throwable unwrapped(@Nullable Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }

    private void tell(Runnable outcome) {
        try {
            loop.execute(outcome);
        } catch (RejectedExecutionException stopped) {
            // The worker has ended without waiting for this call.
        }
    }

    private static final class ThreadedCall implements RunningCall {
        private final ReentrantLock interrupting = new ReentrantLock();
        private volatile boolean hasBegun;
        private volatile @Nullable Thread thread;

        void begin() {
            thread = Thread.currentThread();
            hasBegun = true;
        }

        /** The thread may be another call's from now on, and an interrupt that was meant for this one must not reach it. */
        void end() {
            interrupting.lock();
            try {
                thread = null;
                boolean unused = Thread.interrupted();
            } finally {
                interrupting.unlock();
            }
        }

        @Override
        public boolean hasBegun() {
            return hasBegun;
        }

        @Override
        public List<StackTraceElement> stack() {
            Thread running = thread;
            List<StackTraceElement> stack = running == null ? List.of() : List.of(running.getStackTrace());
            // It may have gone on to another call while it was looked at.
            return thread == null ? List.of() : stack;
        }

        @Override
        public void interrupt() {
            interrupting.lock();
            try {
                Thread running = thread;
                if (running != null) {
                    running.interrupt();
                }
            } finally {
                interrupting.unlock();
            }
        }
    }
}
