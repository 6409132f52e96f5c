package io.millrace.lease.table;

import org.jspecify.annotations.Nullable;

/** There is no table of that name: it was never made, or was deleted with all that it held. */
public final class TableMissingException extends TableUnavailableException {
    private static final long serialVersionUID = 1L;

    /** No table, for this reason. */
    public TableMissingException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
