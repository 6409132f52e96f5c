package io.millrace.lease.coordinator;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.TableMissingException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Takes away the row of a worker's life that is over, so that the others need not wait until it counts as dead. Its
 * leases must have been given up before. Belongs to the loop.
 */
final class RowRemoval {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final WorkerId worker;
    private final SureTable table;
    private final Wiring wiring;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    private RowRemoval(WorkerId worker, SureTable table, Wiring wiring) {
        this.worker = worker;
        this.table = table;
        this.wiring = wiring;
    }

    /** Completes when there is no such row; tries until then, or until {@code table} is abandoned. Never fails. */
    static CompletableFuture<Void> of(WorkerId worker, SureTable table, Wiring wiring) {
        RowRemoval removal = new RowRemoval(worker, table, wiring);
        removal.look();
        return removal.gone;
    }

    /** A write that was under way may have moved the revision: the row is read until it is gone. */
    private void look() {
        wiring.then(
                table.read(rows -> rows.get(Entity.worker(worker))),
                row -> {
                    if (row.isPresent()) {
                        wiring.then(table.delete(WriteKind.MEMBERSHIP, row.get()), deleted -> look());
                    } else {
                        gone.complete(null);
                    }
                },
                error -> {
                    if (error instanceof TableMissingException) {
                        gone.complete(null);
                    } else {
                        wiring.later(PAUSE, this::look);
                    }
                });
    }
}
