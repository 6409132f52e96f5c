package io.millrace.consumer;

import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** User code that takes virtual time: it runs a moment after it was called and returns a moment later. */
record SlowUserCalls(Simulation sim, EventLoop loop, int mostMillis) implements UserCalls {
    @Override
    public <T> void call(Callable<T> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
        sim.at(Duration.ofMillis(sim.random().nextInt(5)), () -> run(code, done));
    }

    private <T> void run(Callable<T> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
        T value = null;
        Exception error = null;
        try {
            value = code.call();
        } catch (Exception thrown) {
            error = thrown;
        }
        T result = value;
        Exception failure = error;
        sim.at(
                Duration.ofMillis(sim.random().nextInt(mostMillis)),
                () -> loop.execute(() -> done.accept(result, failure)));
    }
}
