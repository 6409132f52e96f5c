package io.millrace.lease.table;

import java.util.List;

/**
 * All rows of one kind, each as it was at some time during the call.
 *
 * @param rows those that can be read
 * @param unreadable those that cannot
 */
public record Listing<R extends Row>(List<R> rows, List<UnreadableRow> unreadable) {
    /** Copies the lists. */
    public Listing {
        rows = List.copyOf(rows);
        unreadable = List.copyOf(unreadable);
    }
}
