package io.millrace.benchmarks.delivery;

import io.millrace.benchmarks.coordination.LocalStack;
import io.millrace.runtime.Platform;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What every scenario needs.
 *
 * @param classPath what our reader runs from
 * @param kclClassPath what the KCL's reader runs from
 * @param javaOptions flags of every reader's JVM
 * @param stack the server, its tables and clients
 * @param threads for those that read what processes print
 * @param out where the tables go
 */
record DeliveryBench(
        String classPath,
        String kclClassPath,
        List<String> javaOptions,
        LocalStack stack,
        Platform platform,
        Platform.BlockingTasks threads,
        PrintWriter out) {
    /** A JVM like ours with the flags of every reader. */
    List<String> javaCommand() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(javaOptions);
        return command;
    }

    /** Tells how far the benchmark is. */
    void note(String text) {
        System.err.println("# " + text);
    }

    /** Lets things go on for a while. */
    static void rest(Duration time) {
        boolean unused = new CompletableFuture<Boolean>()
                .completeOnTimeout(true, time.toNanos(), TimeUnit.NANOSECONDS)
                .join();
    }
}
