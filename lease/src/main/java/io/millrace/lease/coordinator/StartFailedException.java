package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A worker could not join because something it needs did not answer in time. */
public final class StartFailedException extends LeaseException {
    private static final long serialVersionUID = 1L;

    private final @Nullable Needed unavailable;

    StartFailedException(String message, @Nullable Throwable cause) {
        this(message, cause, null);
    }

    StartFailedException(String message, @Nullable Throwable cause, @Nullable Needed unavailable) {
        super(message, cause);
        this.unavailable = unavailable;
    }

    /** What a worker needs to join. */
    public enum Needed {
        /** The table that holds the leases. */
        LEASE_TABLE("the lease table"),
        /** The service that has the streams. */
        STREAM_SERVICE("the stream service");

        private final String text;

        Needed(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** What could not be used; empty when all answered. */
    public Optional<Needed> unavailable() {
        return Optional.ofNullable(unavailable);
    }
}
