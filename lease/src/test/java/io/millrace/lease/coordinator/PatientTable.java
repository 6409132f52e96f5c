package io.millrace.lease.coordinator;

import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The table for a command that ends some time where no answer comes: it writes nothing later than that. */
final class PatientTable extends PassingTable {
    static final Duration PATIENCE = Duration.ofSeconds(3);

    private final Simulation sim;
    private final Duration end;

    PatientTable(LeaseTable inner, Simulation sim) {
        super(inner);
        this.sim = sim;
        this.end = sim.elapsed().plus(PATIENCE);
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        return sim.elapsed().compareTo(end) > 0 ? new CompletableFuture<>() : super.put(row);
    }
}
