package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Listing;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableMissingException;
import io.millrace.lease.table.WriteOutcome;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Passes all calls on, and tells of each answer whether the table is there. */
final class WatchedTable implements LeaseTable {
    private final LeaseTable table;
    private final TableLoss loss;

    WatchedTable(LeaseTable table, TableLoss loss) {
        this.table = table;
        this.loss = loss;
    }

    /** Whether it is there is just the question then. */
    @Override
    public CompletableFuture<Boolean> ensureTable() {
        return table.ensureTable();
    }

    @Override
    public CompletableFuture<Optional<Row>> get(Entity entity) {
        return watched(table.get(entity));
    }

    @Override
    public CompletableFuture<Members> listMembers() {
        return watched(table.listMembers());
    }

    @Override
    public CompletableFuture<List<PlanRow>> listPlans() {
        return watched(table.listPlans());
    }

    @Override
    public CompletableFuture<List<HealthRow>> listHealth() {
        return watched(table.listHealth());
    }

    @Override
    public CompletableFuture<Listing<PlanRow>> inspectPlans() {
        return watched(table.inspectPlans());
    }

    @Override
    public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
        return watched(table.getLeases(keys));
    }

    @Override
    public CompletableFuture<List<LeaseRow>> listLeases() {
        return watched(table.listLeases());
    }

    @Override
    public CompletableFuture<Listing<LeaseRow>> inspectLeases() {
        return watched(table.inspectLeases());
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        return watched(table.put(row));
    }

    @Override
    public List<CompletableFuture<WriteOutcome>> putAll(List<Row> rows) {
        return table.putAll(rows).stream().map(this::watched).toList();
    }

    @Override
    public CompletableFuture<WriteOutcome> delete(Row seen) {
        return watched(table.delete(seen));
    }

    private <T> CompletableFuture<T> watched(CompletableFuture<T> call) {
        CompletableFuture<T> unused = call.whenComplete((value, error) -> loss.answered(isMissing(error)));
        return call;
    }

    private static boolean isMissing(@Nullable Throwable error) {
        return error instanceof TableMissingException
                || (error instanceof CompletionException && error.getCause() instanceof TableMissingException);
    }
}
