package io.millrace.systemtests.process;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Waits for what other threads, processes and servers do. */
public final class Waiting {
    private static final long PAUSE_MILLIS = 5;

    private Waiting() {}

    /** Something to look at. */
    @FunctionalInterface
    public interface Condition {
        /** True when there is nothing left to wait for. */
        boolean holds() throws Exception;
    }

    /**
     * Looks now and then until {@code condition} holds; the test's time limit ends a vain wait. To look without a pause would
     * take the processors from what is waited for.
     */
    public static void until(Condition condition) {
        Semaphore never = new Semaphore(0);
        try {
            while (!condition.holds() && !never.tryAcquire(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                // It looks again.
            }
        } catch (InterruptedException timeLimit) {
            Thread.currentThread().interrupt();
            throw new AssertionError("waited in vain", timeLimit);
        } catch (Exception failed) {
            throw new AssertionError("cannot look", failed);
        }
    }
}
