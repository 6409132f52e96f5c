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
        if (seen.revision() == 0) {
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
            boolean applies = (current == null ? 0 : current.revision()) == seen;
            outcome = applies ? WriteOutcome.applied() : WriteOutcome.conflict(current);
            return applies ? next : current;
        }
    }
}
