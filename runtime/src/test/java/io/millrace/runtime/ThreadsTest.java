package io.millrace.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ThreadsTest {
    @Test
    void threadsAreVirtualExactlyWhereTheJvmHasThem() {
        assertThat(Threads.areVirtual()).isEqualTo(Runtime.version().feature() >= 24);
    }

    @Test
    void idleThreadsAreTakenBeforeNewOnesAreMade() throws Exception {
        assumeThat(Threads.areVirtual()).isFalse();
        Set<String> threads = ConcurrentHashMap.newKeySet();
        try (Platform.BlockingTasks tasks = new SystemPlatform().newBlockingTasks("idle", 64)) {
            for (int i = 0; i < 200; i++) {
                CountDownLatch done = new CountDownLatch(1);
                tasks.execute(() -> {
                    threads.add(Thread.currentThread().getName());
                    done.countDown();
                });
                done.await();
            }
        }
        // One that has told its end may not be idle yet.
        assertThat(threads).hasSizeLessThan(20);
    }

    @Test
    void tasksBeyondTheBoundWaitAndRunInTurn() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        CountDownLatch ran = new CountDownLatch(50);
        try (Platform.BlockingTasks tasks = new SystemPlatform().newBlockingTasks("bound", 2)) {
            for (int i = 0; i < 50; i++) {
                tasks.execute(() -> {
                    await(hold);
                    ran.countDown();
                });
            }
            hold.countDown();
            ran.await();
        }
    }

    @Test
    void asManyTasksBlockAtOnceAsTheBoundAllows() throws Exception {
        CountDownLatch allRunning = new CountDownLatch(8);
        try (Platform.BlockingTasks tasks = new SystemPlatform().newBlockingTasks("blocked", 8)) {
            for (int i = 0; i < 8; i++) {
                tasks.execute(() -> {
                    allRunning.countDown();
                    await(allRunning);
                });
            }
            allRunning.await();
        }
    }

    @Test
    void failingTaskIsReportedAndOthersRun() {
        CompletableFuture<Throwable> reported = new CompletableFuture<>();
        CompletableFuture<Void> ran = new CompletableFuture<>();
        IllegalStateException failure = new IllegalStateException("on purpose");
        try (Platform.BlockingTasks tasks =
                new SystemPlatform((source, error) -> reported.complete(error)).newBlockingTasks("user", 1)) {
            tasks.execute(() -> {
                throw failure;
            });
            tasks.execute(() -> ran.complete(null));

            ran.join();
            assertThat(reported.join()).isSameAs(failure);
        }
    }

    @Test
    void threadsBearTheGivenName() {
        CompletableFuture<String> name = new CompletableFuture<>();
        AtomicInteger daemons = new AtomicInteger();
        try (Platform.BlockingTasks tasks = new SystemPlatform().newBlockingTasks("records", 2)) {
            tasks.execute(() -> {
                daemons.set(Thread.currentThread().isDaemon() ? 1 : 0);
                name.complete(Thread.currentThread().getName());
            });
            assertThat(name.join()).startsWith("records-");
            assertThat(daemons).hasValue(1);
        }
    }

    @Test
    void tasksWaitForTheThreadsThereAreWhereTheSystemGivesNoMore() {
        CompletableFuture<Void> hold = new CompletableFuture<>();
        CompletableFuture<Void> ran = new CompletableFuture<>();
        AtomicInteger made = new AtomicInteger();
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(4, 4, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), body -> {
                    if (made.getAndIncrement() > 0) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    return new Thread(body);
                });
        try {
            Threads.execute(pool, hold::join);
            Threads.execute(pool, () -> ran.complete(null));
            hold.complete(null);

            ran.join();
        } finally {
            pool.shutdown();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
