package io.millrace.consumer;

import org.jspecify.annotations.Nullable;

/** A worker could not start or go on; the message is one line that says what to do. */
public final class WorkerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A failure of this message and cause. */
    public WorkerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
