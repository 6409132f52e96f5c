package io.millrace.lease;

import org.jspecify.annotations.Nullable;

/** The stream service does not tell its time, so the moment that LATEST stands for cannot be pinned. */
public final class ServiceTimeMissingException extends LeaseException {
    private static final long serialVersionUID = 1L;

    /** With one line that says what to do. */
    public ServiceTimeMissingException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
