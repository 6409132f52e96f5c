package io.millrace.benchmarks.multilang;

import io.millrace.benchmarks.coordination.LocalStack;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The parts that every scenario with whole daemons needs.
 *
 * @param stack the server and the table
 * @param folder for settings, logs and notes
 * @param threads for those that read what processes print
 * @param out where the tables go
 */
record DaemonBench(
        Peers peers,
        LocalStack stack,
        Path folder,
        Platform platform,
        Platform.BlockingTasks threads,
        PrintWriter out) {
    private static final Duration LOOK = Duration.ofMillis(20);

    /** Something to wait for. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws IOException;
    }

    /** Looks until {@code condition} holds. */
    void await(String what, Duration limit, Condition condition) throws IOException {
        Ticker ticker = platform.ticker();
        long began = ticker.nanoTime();
        while (!condition.holds()) {
            if (ticker.since(began).compareTo(limit) > 0) {
                throw new IOException("waited " + limit.toSeconds() + " s in vain for " + what);
            }
            rest(LOOK);
        }
    }

    /** Lets things go on for a while. */
    void rest(Duration time) {
        boolean unused = new CompletableFuture<Boolean>()
                .completeOnTimeout(true, time.toNanos(), TimeUnit.NANOSECONDS)
                .join();
    }

    /** Tells how far the benchmark is. */
    void note(String text) {
        System.err.println("# " + text);
    }
}
