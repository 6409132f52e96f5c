package io.millrace.streamcore;

/** The server cannot start. The text is one line for the user that says what to do. */
public final class StreamServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A failure with its cause. */
    public StreamServerException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A failure that has no cause below it. */
    public StreamServerException(String message) {
        super(message);
    }
}
