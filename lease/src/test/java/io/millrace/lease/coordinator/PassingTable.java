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
import io.millrace.lease.table.WriteOutcome;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Passes everything on; what differs is for others to say. */
class PassingTable implements LeaseTable {
    private final LeaseTable inner;

    PassingTable(LeaseTable inner) {
        this.inner = inner;
    }

    @Override
    public CompletableFuture<Boolean> ensureTable() {
        return inner.ensureTable();
    }

    @Override
    public CompletableFuture<Optional<Row>> get(Entity entity) {
        return inner.get(entity);
    }

    @Override
    public CompletableFuture<Members> listMembers() {
        return inner.listMembers();
    }

    @Override
    public CompletableFuture<List<PlanRow>> listPlans() {
        return inner.listPlans();
    }

    @Override
    public CompletableFuture<List<HealthRow>> listHealth() {
        return inner.listHealth();
    }

    @Override
    public CompletableFuture<Listing<PlanRow>> inspectPlans() {
        return inner.inspectPlans()
                .thenCompose(found -> listPlans().thenApply(rows -> new Listing<>(rows, found.unreadable())));
    }

    @Override
    public CompletableFuture<Listing<LeaseRow>> inspectLeases() {
        return inner.inspectLeases()
                .thenCompose(found -> listLeases().thenApply(rows -> new Listing<>(rows, found.unreadable())));
    }

    @Override
    public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
        return inner.getLeases(keys);
    }

    @Override
    public CompletableFuture<List<LeaseRow>> listLeases() {
        return inner.listLeases();
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        return inner.put(row);
    }

    @Override
    public CompletableFuture<WriteOutcome> delete(Row seen) {
        return inner.delete(seen);
    }
}
