package io.millrace.lease;

import org.jspecify.annotations.Nullable;

/** The stream service will not do it however often it is asked: a permission or credentials are missing. */
public final class StreamRefusedException extends LeaseException {
    private static final long serialVersionUID = 1L;

    /** The service refused, for this reason. */
    public StreamRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
