package io.millrace.cli.leases;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.PauseRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.UnreadableRow;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Changes what is paused of one application; the row is there only while something is. Blocks; for one thread. */
final class Pauses {
    private static final int ATTEMPTS = 20;

    private final LeaseTable table;

    Pauses(LeaseTable table) {
        this.table = table;
    }

    /** The pauses of now. */
    PauseRow read() {
        Optional<Row> row = table.get(Entity.pauses()).join();
        if (row.isPresent() && row.get() instanceof UnreadableRow damaged) {
            throw CommandFailure.failed("the row '" + damaged.entity() + "' of the lease table cannot be read ("
                    + damaged.reason() + "), nothing was changed; mend the row or delete it first");
        }
        return row.map(PauseRow.class::cast).orElse(PauseRow.NONE);
    }

    /** Makes {@code change} of what is paused, whoever else changes it meanwhile. */
    void change(UnaryOperator<PauseRow> change) {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            PauseRow seen = read();
            PauseRow next = change.apply(seen);
            boolean changed;
            if (next.equals(seen)) {
                changed = true;
            } else if (next.isEmpty()) {
                changed = table.delete(seen).join().isApplied();
            } else {
                changed = table.put(next).join().isApplied();
            }
            if (changed) {
                return;
            }
        }
        throw CommandFailure.failed("what is paused was just changed by somebody, try again");
    }
}
