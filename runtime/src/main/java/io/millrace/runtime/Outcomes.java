package io.millrace.runtime;

import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** How the outcome of an asynchronous call reaches the loop that asked for it. */
final class Outcomes {
    private Outcomes() {}

    static <T> void deliver(
            EventLoop loop,
            @Nullable T value,
            @Nullable Throwable error,
            BiConsumer<@Nullable T, @Nullable Throwable> handler) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        try {
            loop.execute(() -> handler.accept(value, cause));
        } catch (RejectedExecutionException closed) {
            // Whoever closed the loop no longer wants answers.
        }
    }
}
