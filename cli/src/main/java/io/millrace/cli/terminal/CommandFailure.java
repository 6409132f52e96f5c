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

    /** What the process ends with. */
    public int exitCode() {
        return exitCode;
    }
}
