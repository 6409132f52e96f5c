package io.millrace.streamcore.log;

/** The log was closed or dropped. */
public final class LogClosedException extends LogException {
    private static final long serialVersionUID = 1L;

    /** The log of this name takes and gives no more. */
    public LogClosedException(String name) {
        super("the log " + name + " is closed", null);
    }
}
