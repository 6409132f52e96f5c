package io.millrace.streamcore.log;

/**
 * The disk failed. After a failed write or fsync nobody knows what the disk holds, so the log takes nothing more until it
 * is opened again and has looked.
 */
public final class LogFailedException extends LogException {
    private static final long serialVersionUID = 1L;

    /** A failure of the disk; the message says what to do. */
    public LogFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
