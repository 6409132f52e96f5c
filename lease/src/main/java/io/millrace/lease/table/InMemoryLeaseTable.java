package io.millrace.lease.table;

import io.millrace.lease.LeaseKey;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The table in memory, for tests and for consumers of one process. Workers that share it must live in this JVM; it
 * forgets everything with it. Futures are complete when they are returned.
 */
public final class InMemoryLeaseTable implements LeaseTable {
    private static final Entity AFTER_PLANS = new Entity(Entity.AFTER_PLANS);

    private final ConcurrentNavigableMap<Entity, Row> rows = new ConcurrentSkipListMap<>();

    /** An empty table. */
    public InMemoryLeaseTable() {}

    @Override
    public CompletableFuture<Boolean> ensureTable() {
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletableFuture<Optional<Row>> get(Entity entity) {
        return CompletableFuture.completedFuture(Optional.ofNullable(rows.get(entity)));
    }

    @Override
    public CompletableFuture<Members> listMembers() {
        return CompletableFuture.completedFuture(
                Members.of(rows.tailMap(AFTER_PLANS).values()));
    }

    @Override
    public CompletableFuture<List<PlanRow>> listPlans() {
        return CompletableFuture.completedFuture(all(PlanRow.class));
    }

    @Override
    public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
        return CompletableFuture.completedFuture(keys.stream()
                .map(key -> rows.get(Entity.lease(key)))
                .filter(LeaseRow.class::isInstance)
                .map(LeaseRow.class::cast)
                .toList());
    }

    @Override
    public CompletableFuture<List<LeaseRow>> listLeases() {
        return CompletableFuture.completedFuture(all(LeaseRow.class));
    }

    @Override
    public CompletableFuture<List<HealthRow>> listHealth() {
        return CompletableFuture.completedFuture(all(HealthRow.class));
    }

    @Override
    public CompletableFuture<Listing<PlanRow>> inspectPlans() {
        return listPlans().thenApply(plans -> new Listing<>(plans, unreadable(Entity.PLAN_PREFIX)));
    }

    @Override
    public CompletableFuture<Listing<LeaseRow>> inspectLeases() {
        return listLeases().thenApply(leases -> new Listing<>(leases, unreadable(Entity.LEASE_PREFIX)));
    }

    private List<UnreadableRow> unreadable(String prefix) {
        return all(UnreadableRow.class).stream()
                .filter(row -> row.entity().text().startsWith(prefix))
                .toList();
    }

    private <T extends Row> List<T> all(Class<T> kind) {
        return rows.headMap(AFTER_PLANS).values().stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    @Override
    public CompletableFuture<WriteOutcome> put(Row row) {
        return CompletableFuture.completedFuture(swap(row, row.withRevision(row.revision() + 1)));
    }

    @Override
    public CompletableFuture<WriteOutcome> delete(Row seen) {
        if (seen.revision() == 0 && !(seen instanceof UnreadableRow)) {
            throw new IllegalArgumentException("a row that was never in the table cannot be deleted: " + seen.entity());
        }
        return CompletableFuture.completedFuture(swap(seen, null));
    }

    private WriteOutcome swap(Row seen, @Nullable Row next) {
        Swap swap = new Swap(seen.revision(), next);
        rows.compute(seen.entity(), (entity, current) -> swap.apply(current));
        return swap.outcome;
    }

    /** One conditional change, which the map may try more than once; belongs to the thread that makes it. */
    private static final class Swap {
        private final long seen;
        private final @Nullable Row next;
        private WriteOutcome outcome = WriteOutcome.applied();

        Swap(long seen, @Nullable Row next) {
            this.seen = seen;
            this.next = next;
        }

        @Nullable
        Row apply(@Nullable Row current) {
            // What has no revision that can be read is there all the same: nothing is made over it.
            boolean creates = seen == 0 && next != null;
            boolean applies = creates ? current == null : current != null && current.revision() == seen;
            outcome = applies ? WriteOutcome.applied() : WriteOutcome.conflict(current);
            return applies ? next : current;
        }
    }
}
