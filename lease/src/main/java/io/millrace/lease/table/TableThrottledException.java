package io.millrace.lease.table;

import org.jspecify.annotations.Nullable;

/** The table takes no more calls for now because there are too many; fewer will help. */
public final class TableThrottledException extends TableUnavailableException {
    private static final long serialVersionUID = 1L;

    /** The table refused, for this reason. */
    public TableThrottledException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
