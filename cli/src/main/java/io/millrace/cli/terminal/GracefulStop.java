package io.millrace.cli.terminal;

import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Makes SIGINT and SIGTERM end a command in good order: runs what it was given, once, and then ends the
 * process, while the command itself may already be returning or failing because of that. Safe for any thread.
 */
public final class GracefulStop implements AutoCloseable {
    private final AtomicBoolean begun = new AtomicBoolean();
    private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
    private final OptionalInt exitCode;
    private final Runnable stop;
    private final Thread hook;

    private GracefulStop(OptionalInt exitCode, Runnable stop) {
        this.exitCode = exitCode;
        this.stop = stop;
        // The one thread outside the platform: the JVM takes nothing else.
        this.hook = new Thread(this::run, "stop");
    }

    /** From now on a signal runs {@code stop}, and then the process ends with {@code exitCode}. */
    public static GracefulStop install(int exitCode, Runnable stop) {
        return install(new GracefulStop(OptionalInt.of(exitCode), stop));
    }

    /** From now on a signal runs {@code stop}, and then the process ends as if killed by it: 130 for SIGINT, 143 for SIGTERM. */
    public static GracefulStop interruptible(Runnable stop) {
        return install(new GracefulStop(OptionalInt.empty(), stop));
    }

    private static GracefulStop install(GracefulStop installed) {
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
        OptionalInt end = exitCode;
        try {
            stop.run();
        } catch (RuntimeException e) {
            System.err.println("millrace: stopping failed: " + e.getMessage());
            end = OptionalInt.of(CommandFailure.FAILED);
        }
        // Without a code of our own the JVM ends with the signal's.
        end.ifPresent(Runtime.getRuntime()::halt);
    }
}
