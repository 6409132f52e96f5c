package io.millrace.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuardedLoopTest {
    private final List<Throwable> unguarded = new ArrayList<>();
    private final List<Throwable> caught = new ArrayList<>();
    private final EventLoop loop = new SystemPlatform((source, error) -> unguarded.add(error)).newEventLoop("guarded");
    private final GuardedLoop guarded = new GuardedLoop(loop, caught::add);

    @AfterEach
    void close() {
        loop.close();
    }

    @Test
    void errorsOfTasksTimersAndAnswersGoToTheirUser() {
        Error error = new NoSuchMethodError("on purpose");
        IllegalStateException exception = new IllegalStateException("on purpose");
        guarded.execute(() -> {
            throw error;
        });
        guarded.schedule(Duration.ZERO, () -> {
            throw exception;
        });
        guarded.whenComplete(CompletableFuture.completedFuture("answer"), (value, none) -> {
            throw exception;
        });

        CompletableFuture<Void> last = new CompletableFuture<>();
        loop.schedule(Duration.ofMillis(20), () -> last.complete(null));
        last.join();
        assertThat(caught).containsExactlyInAnyOrder(error, exception, exception);
        assertThat(unguarded).isEmpty();
    }

    @Test
    void closedViewDropsItsTasksAndTimersAndTheLoopGoesOn() {
        List<String> ran = new ArrayList<>();
        loop.execute(() -> {
            guarded.execute(() -> ran.add("task"));
            EventLoop.Cancellable unused = guarded.schedule(Duration.ZERO, () -> ran.add("timer"));
            guarded.close();
        });

        CompletableFuture<Void> last = new CompletableFuture<>();
        loop.schedule(Duration.ofMillis(20), () -> last.complete(null));
        last.join();
        assertThat(ran).isEmpty();
        assertThat(guarded.closed()).isDone();
        assertThat(loop.closed()).isNotDone();
        assertThatThrownBy(() -> guarded.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }
}
