package io.millrace.consumer;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform.BlockingTasks;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Runs the user's code on threads that may block. */
final class ThreadedUserCalls implements UserCalls {
    private final BlockingTasks threads;
    private final EventLoop loop;

    ThreadedUserCalls(BlockingTasks threads, EventLoop loop) {
        this.threads = threads;
        this.loop = loop;
    }

    @Override
    public <T> void call(Callable<T> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
        threads.execute(() -> run(code, done));
    }

    private <T> void run(Callable<T> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
        T value = null;
        Throwable thrown = null;
        try {
            value = code.call();
        } catch (Throwable anything) {
            // The user's code may throw what it likes; the consumer decides what follows.
            thrown = anything;
        }
        T result = value;
        Throwable error = thrown;
        try {
            loop.execute(() -> done.accept(result, error));
        } catch (RejectedExecutionException stopped) {
            // The worker has ended without waiting for this call.
        }
    }
}
