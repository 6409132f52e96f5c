package io.millrace.consumer.shard;

import io.millrace.consumer.watch.RunningCall;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Runs the user's code where it may block and brings its outcome home. Belongs to the worker's event loop. */
public interface UserCalls {
    /**
     * Runs {@code code} elsewhere, then {@code done} on the event loop with the outcome of the stage that it returned, or with what
     * it threw. No thread waits for the stage.
     */
    <T> RunningCall call(
            Callable<? extends CompletionStage<T>> code, BiConsumer<@Nullable T, @Nullable Throwable> done);

    /**
     * Runs what a user does once something is known, where it may block, and on the calling thread only where no other can be had.
     * Calls that wait for it do not keep it waiting. Safe for any thread.
     */
    void goOnElsewhere(Runnable task);
}
