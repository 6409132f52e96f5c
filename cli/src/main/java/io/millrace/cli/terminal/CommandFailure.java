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
    private final boolean tellsCause;

    private CommandFailure(int exitCode, String message, @Nullable Throwable cause, boolean tellsCause) {
        super(message, cause);
        this.exitCode = exitCode;
        this.tellsCause = tellsCause;
    }

    /** The command failed for this reason. */
    public static CommandFailure failed(String message) {
        return new CommandFailure(FAILED, message, null, false);
    }

    /** The command failed for this reason, which {@code cause} has more on. */
    public static CommandFailure failed(String message, Throwable cause) {
        return new CommandFailure(FAILED, message, cause, false);
    }

    /** The command did this much, such as {@code stream s was created}, and then failed for the reason of {@code cause}. */
    public static CommandFailure after(String done, Throwable cause) {
        return new CommandFailure(FAILED, done, cause, true);
    }

    /** The command line was wrong in this way. */
    public static CommandFailure usage(String message) {
        return new CommandFailure(USAGE, message, null, false);
    }

    /** Nobody reads the output any more; no line is printed about it. */
    public static CommandFailure outputClosed(Throwable cause) {
        return new CommandFailure(OUTPUT_CLOSED, "standard output is closed", cause, false);
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

    /** True when the line is the message and what there is to say of the cause. */
    boolean tellsCause() {
        return tellsCause;
    }

    /** What the process ends with. */
    public int exitCode() {
        return exitCode;
    }
}
