package io.millrace.streamcore.log;

/** What is encrypted cannot be opened with the key that is there, or there is none. */
public final class LogKeyException extends LogException {
    private static final long serialVersionUID = 1L;

    /** What is wrong with the key, and what to do. */
    public LogKeyException(String message) {
        super(message, null);
    }
}
