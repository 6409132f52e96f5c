package io.millrace.consumer.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.watch.RunningCall;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThreadedUserCallsTest {
    @Test
    void callShowsWhereItIsWhileItRunsAndNothingAfterwards() throws Exception {
        Platform platform = new SystemPlatform();
        try (EventLoop loop = platform.newEventLoop("worker");
                Platform.BlockingTasks threads = platform.newBlockingTasks("processor", 4)) {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch hangs = new CountDownLatch(1);
            CompletableFuture<String> done = new CompletableFuture<>();
            RunningCall call = new ThreadedUserCalls(threads, loop)
                    .call(() -> hang(entered, hangs), (value, error) -> done.complete(value));
            entered.await();
            assertThat(call.hasBegun()).isTrue();
            assertThat(call.stack()).anyMatch(frame -> frame.getMethodName().equals("hang"));
            hangs.countDown();
            assertThat(done.get(30, TimeUnit.SECONDS)).isEqualTo("done");
            assertThat(call.stack()).isEmpty();
        }
    }

    private static CompletionStage<String> hang(CountDownLatch entered, CountDownLatch hangs)
            throws InterruptedException {
        entered.countDown();
        hangs.await();
        return CompletableFuture.completedFuture("done");
    }
}
