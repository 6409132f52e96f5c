package io.millrace.lease.table;

import io.millrace.lease.LeaseException;
import org.jspecify.annotations.Nullable;

/** The table did not answer, or not now; trying again may help. A write may or may not have been applied. */
public sealed class TableUnavailableException extends LeaseException
        permits TableMissingException, TableThrottledException {
    private static final long serialVersionUID = 1L;

    /** The table did not answer, for this reason. */
    public TableUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
