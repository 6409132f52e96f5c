package io.millrace.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ThreadEventLoopTest {
    private final List<Throwable> errors = new ArrayList<>();
    private final EventLoop loop =
            new SystemPlatform((source, error) -> errors.add(error)).newEventLoop("loop-under-test");

    @AfterEach
    void close() {
        loop.close();
    }

    @Test
    void tasksRunOneAtATimeInTheOrderTheyCame() {
        List<Integer> seen = new ArrayList<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        for (int i = 0; i < 10_000; i++) {
            int number = i;
            loop.execute(() -> seen.add(number));
        }
        loop.execute(() -> done.complete(null));

        done.join();
        assertThat(seen).hasSize(10_000).isSorted();
    }

    @Test
    void taskThatSetsItsNextTimerWhileTheLoopIsClosedIsNoError() {
        CompletableFuture<Void> mayGoOn = new CompletableFuture<>();
        CompletableFuture<Void> runs = new CompletableFuture<>();
        loop.schedule(Duration.ZERO, () -> {
            runs.complete(null);
            mayGoOn.join();
            loop.schedule(Duration.ofMillis(250), () -> {});
        });
        runs.join();
        loop.close();
        mayGoOn.complete(null);

        loop.closed().join();
        assertThat(errors).isEmpty();
    }

    @Test
    void tasksOfManyThreadsAllRun() throws Exception {
        int threads = 4;
        int each = 20_000;
        int[] count = {0};
        CountDownLatch done = new CountDownLatch(threads * each);
        List<Thread> senders = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            Thread sender = new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    loop.execute(() -> {
                        count[0]++;
                        done.countDown();
                    });
                }
            });
            senders.add(sender);
            sender.start();
        }
        done.await();
        for (Thread sender : senders) {
            sender.join();
        }
        // Unsynchronised on purpose: one task at a time, each seeing the writes of the one before.
        assertThat(count[0]).isEqualTo(threads * each);
    }

    @Test
    void timersFireInTheOrderOfTheirDeadlines() {
        List<String> seen = new ArrayList<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            loop.schedule(Duration.ofMillis(30), () -> {
                seen.add("late");
                done.complete(null);
            });
            loop.schedule(Duration.ofMillis(10), () -> seen.add("early"));
            loop.schedule(Duration.ZERO, () -> seen.add("now"));
        });

        done.join();
        assertThat(seen).containsExactly("now", "early", "late");
    }

    @Test
    void cancelledTimerDoesNotFire() {
        AtomicInteger fired = new AtomicInteger();
        CompletableFuture<Void> done = new CompletableFuture<>();
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        // Nothing fires while the loop is held.
        loop.execute(cancelled::join);
        EventLoop.Cancellable elsewhere = loop.schedule(Duration.ofMillis(5), fired::incrementAndGet);
        elsewhere.cancel();
        cancelled.complete(null);
        loop.execute(() -> {
            EventLoop.Cancellable onLoop = loop.schedule(Duration.ofMillis(5), fired::incrementAndGet);
            onLoop.cancel();
            loop.schedule(Duration.ofMillis(20), () -> done.complete(null));
        });

        done.join();
        assertThat(fired).hasValue(0);
    }

    @Test
    void busyLoopStillFiresTimers() {
        CompletableFuture<Void> fired = new CompletableFuture<>();
        loop.schedule(Duration.ofMillis(1), () -> fired.complete(null));
        Runnable busy = new Runnable() {
            @Override
            public void run() {
                if (!fired.isDone()) {
                    loop.execute(this);
                }
            }
        };
        loop.execute(busy);

        fired.join();
    }

    @Test
    void failingTaskIsReportedAndDoesNotStopTheLoop() {
        IllegalStateException failure = new IllegalStateException("on purpose");
        loop.execute(() -> {
            throw failure;
        });

        CompletableFuture.runAsync(() -> {}, loop).join();
        assertThat(errors).containsExactly(failure);
    }

    @Test
    void closedLoopRunsWhatItHadAndRefusesMore() {
        CountDownLatch hold = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        loop.execute(() -> {
            try {
                hold.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        loop.execute(ran::incrementAndGet);
        loop.schedule(Duration.ofMillis(1), ran::incrementAndGet);
        loop.close();
        hold.countDown();

        loop.closed().join();
        assertThat(ran).hasValue(1);
        assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void answersComeHomeUnwrapped() {
        CompletableFuture<Throwable> seen = new CompletableFuture<>();
        IllegalStateException cause = new IllegalStateException("cause");
        loop.whenComplete(
                CompletableFuture.failedFuture(new CompletionException(cause)), (value, error) -> seen.complete(error));

        assertThat(seen.join()).isSameAs(cause);
    }

    @Test
    void calledTaskRunsOnTheLoopAndItsOutcomeIsTheResult() {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        List<Boolean> onLoop = new ArrayList<>();
        CompletableFuture<String> result = loop.call(() -> {
            onLoop.add(loop.inEventLoop());
            return outcome;
        });
        CompletableFuture.runAsync(() -> {}, loop).join();
        assertThat(result).isNotDone();
        outcome.complete("done");

        assertThat(result.join()).isEqualTo("done");
        assertThat(onLoop).containsExactly(true);
    }

    @Test
    void calledTaskThatThrowsFailsItsResultAndIsNoErrorOfTheLoop() {
        IllegalStateException failure = new IllegalStateException("on purpose");
        CompletableFuture<String> result = loop.call(() -> {
            throw failure;
        });

        assertThatThrownBy(result::join).hasCause(failure);
        assertThat(errors).isEmpty();
    }

    @Test
    void outcomeThatIsBroughtHomeIsTheSameAndGoesOnOnTheLoop() {
        IllegalStateException failure = new IllegalStateException("on purpose");
        CompletableFuture<Integer> elsewhere = new CompletableFuture<>();
        CompletableFuture<Boolean> onLoop = loop.home(elsewhere).thenApply(value -> loop.inEventLoop());
        CompletableFuture<Integer> failed = new CompletableFuture<>();
        CompletableFuture<Boolean> failsOnLoop = loop.home(failed).handle((value, error) -> loop.inEventLoop());
        CompletableFuture<Integer> failedHome = loop.home(failed);
        elsewhere.complete(7);
        failed.completeExceptionally(failure);

        assertThat(loop.home(elsewhere).join()).isEqualTo(7);
        assertThat(onLoop.join()).isTrue();
        assertThat(failsOnLoop.join()).isTrue();
        assertThatThrownBy(failedHome::join).hasCause(failure);
    }

    @Test
    void closedLoopFailsWhatIsCalledOnItOrBroughtHome() {
        loop.close();

        assertThatThrownBy(loop.call(() -> CompletableFuture.completedFuture(1))::join)
                .hasCauseInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(loop.home(CompletableFuture.completedFuture(1))::join)
                .hasCauseInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void knowsItsOwnThread() {
        assertThat(loop.inEventLoop()).isFalse();
        assertThat(CompletableFuture.supplyAsync(loop::inEventLoop, loop).join())
                .isTrue();
    }
}
