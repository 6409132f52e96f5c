package io.millrace.lease.coordinator;

import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.WriteOutcome;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** Writes rows of one kind without looking. */
final class UnconditionalTable extends PassingTable {
    private final Predicate<Row> which;

    UnconditionalTable(LeaseTable inner, Predicate<Row> which) {
        super(inner);
        this.which = which;
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        long current = get(row.entity()).join().map(Row::revision).orElse(0L);
        return super.put(which.test(row) ? row.withRevision(current) : row);
    }
}
