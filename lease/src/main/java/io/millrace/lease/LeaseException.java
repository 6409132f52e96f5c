package io.millrace.lease;

import org.jspecify.annotations.Nullable;

/** The root of what lease coordination throws; the message is one line that says what to do. */
public abstract class LeaseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** An error of this message. */
    protected LeaseException(String message) {
        super(message);
    }

    /** An error of this message and cause. */
    protected LeaseException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
