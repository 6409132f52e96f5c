package io.millrace.consumer.shard;

import io.millrace.consumer.watch.RunningCall;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** User code that takes virtual time: it runs a moment after it was called and returns a moment later, now and then long after. */
final class SlowUserCalls implements UserCalls {
    /** A call that runs on no thread of its own. */
    static final RunningCall NO_THREAD = new RunningCall() {
        @Override
        public boolean hasBegun() {
            return true;
        }

        @Override
        public List<StackTraceElement> stack() {
            return List.of();
        }
    };

    private final Simulation sim;
    private final EventLoop loop;
    private final int mostMillis;
    private List<Runnable> atReturn = new ArrayList<>();

    SlowUserCalls(Simulation sim, EventLoop loop, int mostMillis) {
        this.sim = sim;
        this.loop = loop;
        this.mostMillis = mostMillis;
    }

    /** Called by user code: runs {@code task} when the call that runs now returns. */
    void atReturn(Runnable task) {
        atReturn.add(task);
    }

    @Override
    public <T> RunningCall call(
            Callable<? extends CompletionStage<T>> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
        sim.at(Duration.ofMillis(sim.random().nextInt(5)), () -> run(code, done));
        return NO_THREAD;
    }

    @Override
    public void goOnElsewhere(Runnable task) {
        sim.at(Duration.ofMillis(sim.random().nextInt(5)), task);
    }

    private <T> void run(
            Callable<? extends CompletionStage<T>> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
        CompletionStage<T> stage;
        List<Runnable> tasks = new ArrayList<>();
        atReturn = tasks;
        try {
            stage = code.call();
        } catch (Exception thrown) {
            stage = CompletableFuture.failedFuture(thrown);
        }
        failWithTheTest(stage);
        CompletionStage<T> result = stage;
        int factor = sim.random().nextInt(20) == 0 ? 10 : 1;
        sim.at(Duration.ofMillis((long) factor * sim.random().nextInt(mostMillis)), () -> {
            tasks.forEach(Runnable::run);
            loop.whenComplete(result, done);
        });
    }

    /** An assertion of a test in the user's code fails the test, not the call. */
    private static void failWithTheTest(CompletionStage<?> stage) {
        CompletableFuture<?> outcome = stage.toCompletableFuture();
        if (outcome.isCompletedExceptionally()) {
            Throwable error = outcome.handle((value, thrown) -> thrown).join();
            Throwable cause = error instanceof CompletionException ? error.getCause() : error;
            if (cause instanceof AssertionError assertion) {
                throw assertion;
            }
        }
    }
}
