package io.millrace.cli.terminal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Makes SIGINT and SIGTERM end a command in good order: runs what it was given, once, and then ends the
 * process, while the command itself may already be returning. Safe for any thread.
 */
public final class GracefulStop implements AutoCloseable {
    private final AtomicBoolean begun = new AtomicBoolean();
    private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
    private final int exitCode;
    private final Runnable stop;
    private final Thread hook;

    private GracefulStop(int exitCode, Runnable stop) {
        this.exitCode = exitCode;
        this.stop = stop;
        // The one thread outside the platform: the JVM takes nothing else.
        this.hook = new Thread(this::run, "stop");
    }

    /** From now on a signal runs {@code stop}, and then the process ends with {@code exitCode}. */
    public static GracefulStop install(int exitCode, Runnable stop) {
        GracefulStop installed = new GracefulStop(exitCode, stop);
        Runtime.getRuntime().addShutdownHook(installed.hook);
        return installed;
    }

    /** If a signal has come, waits for its end, which is that of the process; else returns at once. */
    public void awaitIfBegun() {
        if (begun.get()) {
            over.join();
        }
    }

    /** The command ends by itself. */
    @Override
    public void close() {
        awaitIfBegun();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException signalled) {
            over.join();
        }
    }

    private void run() {
        begun.set(true);
        int end = exitCode;
        try {
            stop.run();
        } catch (RuntimeException e) {
            System.err.println("millrace: stopping failed: " + e.getMessage());
            end = CommandFailure.FAILED;
        }
        Runtime.getRuntime().halt(end);
    }
}
