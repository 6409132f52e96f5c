package io.millrace.lease.coordinator;

import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.WriteOutcome;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** Writes something else than what was asked for. */
final class RewritingTable extends PassingTable {
    private final UnaryOperator<Row> change;

    RewritingTable(LeaseTable inner, UnaryOperator<Row> change) {
        super(inner);
        this.change = change;
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        return super.put(change.apply(row));
    }
}
