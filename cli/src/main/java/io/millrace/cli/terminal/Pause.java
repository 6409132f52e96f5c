package io.millrace.cli.terminal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How a command, which has its thread for itself, waits a moment. Stateless. */
public final class Pause {
    private Pause() {}

    /** Returns {@code time} later. */
    public static void of(Duration time) {
        new CompletableFuture<@Nullable Void>()
                .completeOnTimeout(null, time.toNanos(), TimeUnit.NANOSECONDS)
                .join();
    }
}
