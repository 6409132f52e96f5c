package io.millrace.lease.table;

import io.millrace.lease.LeaseException;
import org.jspecify.annotations.Nullable;

/** The table will not do it however often it is asked: a permission is missing, or the table is not one of ours. */
public final class TableRefusedException extends LeaseException {
    private static final long serialVersionUID = 1L;

    /** The table refused, for this reason. */
    public TableRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
