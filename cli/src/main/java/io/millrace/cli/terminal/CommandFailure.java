package io.millrace.cli.terminal;

import org.jspecify.annotations.Nullable;

/** A command cannot do what it was asked; the message is the one line that the user sees. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Everything went well. */
    public static final int OK = 0;

    /** The command failed. */
    public static final int FAILED = 1;

    /** The command line was wrong. */
    public static final int USAGE = 2;

    /** Nobody reads the output any more, as after {@code | head -1}: what a shell shows for a process that SIGPIPE ended. */
    public static final int OUTPUT_CLOSED = 141;

    private final int exitCode;

    private CommandFailure(int exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** The command failed for this reason. */
    public static CommandFailure failed(String message) {
        return new CommandFailure(FAILED, message, null);
    }

    /** The command failed for this reason, which {@code cause} has more on. */
    public static CommandFailure failed(String message, Throwable cause) {
        return new CommandFailure(FAILED, message, cause);
    }

    /** The command line was wrong in this way. */
    public static CommandFailure usage(String message) {
        return new CommandFailure(USAGE, message, null);
    }

    /** Nobody reads the output any more; no line is printed about it. */
    public static CommandFailure outputClosed(Throwable cause) {
        return new CommandFailure(OUTPUT_CLOSED, "standard output is closed", cause);
    }

    /** True for an error that comes of {@link #outputClosed}. */
    public static boolean isOutputClosed(Throwable error) {
        for (@Nullable Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof CommandFailure failure && failure.exitCode == OUTPUT_CLOSED) {
                return true;
            }
        }
        return false;
    }

    /** What the process ends with. */
    public int exitCode() {
        return exitCode;
    }
}
