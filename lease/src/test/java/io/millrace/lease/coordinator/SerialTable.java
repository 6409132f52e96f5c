package io.millrace.lease.coordinator;

import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableThrottledException;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** All writes go one after the other, heartbeats too, each until the table has taken it. */
final class SerialTable extends PassingTable {
    private final Simulation sim;
    private CompletableFuture<?> last = CompletableFuture.completedFuture(null);

    SerialTable(LeaseTable inner, Simulation sim) {
        super(inner);
        this.sim = sim;
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        CompletableFuture<WriteOutcome> written = new CompletableFuture<>();
        last = last.handle((done, error) -> done).thenCompose(done -> {
            sendUntilTaken(row, written);
            return written;
        });
        return written;
    }

    private void sendUntilTaken(Row row, CompletableFuture<WriteOutcome> written) {
        CompletableFuture<Void> unused = super.put(row).handle((outcome, error) -> {
            if (error instanceof TableThrottledException) {
                sim.at(Duration.ofMillis(50), () -> sendUntilTaken(row, written));
            } else if (error != null) {
                written.completeExceptionally(error);
            } else {
                written.complete(outcome);
            }
            return null;
        });
        // Without an answer the next one goes some time, too.
        sim.at(LeaseWorld.FAILOVER, () -> written.completeExceptionally(new IllegalStateException("no answer")));
    }
}
