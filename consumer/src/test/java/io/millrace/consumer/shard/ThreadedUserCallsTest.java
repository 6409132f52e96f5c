package io.millrace.consumer.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.watch.RunningCall;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThreadedUserCallsTest {
    @Test
    void callShowsWhereItIsWhileItRunsAndNothingAfterwards() throws Exception {
        Platform platform = new SystemPlatform();
        try (EventLoop loop = platform.newEventLoop("worker");
                Platform.BlockingTasks threads = platform.newBlockingTasks("processor", 4);
                Platform.BlockingTasks others = platform.newBlockingTasks("saver", 4)) {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch hangs = new CountDownLatch(1);
            CompletableFuture<String> done = new CompletableFuture<>();
            RunningCall call = new ThreadedUserCalls(threads, others, loop)
                    .call(() -> hang(entered, hangs), (value, error) -> done.complete(value));
            entered.await();
            assertThat(call.hasBegun()).isTrue();
            assertThat(call.stack()).anyMatch(frame -> frame.getMethodName().equals("hang"));
            hangs.countDown();
            assertThat(done.get(30, TimeUnit.SECONDS)).isEqualTo("done");
            assertThat(call.stack()).isEmpty();
        }
    }

    @Test
    void callThatWaitsOnTheLastThreadForWhatGoesOnElsewhereReturns() throws Exception {
        Platform platform = new SystemPlatform();
        try (EventLoop loop = platform.newEventLoop("worker")) {
            List<Runnable> queued = new CopyOnWriteArrayList<>();
            Platform.BlockingTasks oneThread = new OneThread(queued);
            try (Platform.BlockingTasks others = platform.newBlockingTasks("saver", 4)) {
                ThreadedUserCalls calls = new ThreadedUserCalls(oneThread, others, loop);
                CompletableFuture<String> saved = new CompletableFuture<>();
                CompletableFuture<String> done = new CompletableFuture<>();
                RunningCall unused = calls.call(
                        () -> {
                            calls.goOnElsewhere(() -> saved.complete("saved"));
                            return CompletableFuture.completedFuture(saved.get(30, TimeUnit.SECONDS));
                        },
                        (value, error) -> done.complete(String.valueOf(value)));
                queued.remove(0).run();
                assertThat(done.get(30, TimeUnit.SECONDS)).isEqualTo("saved");
                assertThat(queued).isEmpty();
            }
        }
    }

    @Test
    void whatGoesOnElsewhereRunsThoughThereIsNoThread() {
        Platform platform = new SystemPlatform();
        try (EventLoop loop = platform.newEventLoop("worker")) {
            Platform.BlockingTasks closed = platform.newBlockingTasks("saver", 4);
            closed.close();
            CompletableFuture<Boolean> ran = new CompletableFuture<>();
            new ThreadedUserCalls(closed, closed, loop).goOnElsewhere(() -> ran.complete(true));
            assertThat(ran).isCompleted();
        }
    }

    /** Keeps its tasks for the one thread that a test has. */
    private record OneThread(List<Runnable> queued) implements Platform.BlockingTasks {
        @Override
        public void execute(Runnable task) {
            queued.add(task);
        }

        @Override
        public void close() {}
    }

    private static CompletionStage<String> hang(CountDownLatch entered, CountDownLatch hangs)
            throws InterruptedException {
        entered.countDown();
        hangs.await();
        return CompletableFuture.completedFuture("done");
    }
}
