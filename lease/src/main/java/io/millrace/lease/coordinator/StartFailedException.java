package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseException;
import org.jspecify.annotations.Nullable;

/** A worker could not join because something it needs did not answer in time. */
public final class StartFailedException extends LeaseException {
    private static final long serialVersionUID = 1L;

    StartFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
