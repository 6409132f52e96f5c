package io.millrace.lease.table;

import io.millrace.lease.LeaseKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A compare-and-set map of the rows of one application. Reads see every write that was answered before they were sent.
 *
 * <p>Safe for any thread; no call blocks; futures complete on any thread. A future fails with
 * {@link TableUnavailableException} when trying again may help (the write may or may not have been applied: read the row
 * back), with its {@link TableThrottledException} when fewer calls will, and with {@link TableRefusedException} when it will not.
 */
public interface LeaseTable {
    /**
     * Makes the table if it is missing. Several callers may do so at once.
     *
     * @return true when the table is ready; false while it is being made: call again a moment later
     */
    CompletableFuture<Boolean> ensureTable();

    /** The row about {@code entity}, an {@link UnreadableRow} if it cannot be read; empty when there is none. */
    CompletableFuture<Optional<Row>> get(Entity entity);

    /**
     * The news, all streams and workers. Not one moment's picture: each row is as it was at some time during the call.
     * What it costs does not depend on how many leases there are.
     */
    CompletableFuture<Members> listMembers();

    /** All plans, each as it was at some time during the call. */
    CompletableFuture<List<PlanRow>> listPlans();

    /** Members, and then plans that are at least as new as the news among them. */
    default CompletableFuture<ControlRows> listControlRows() {
        return listMembers()
                .thenCompose(members -> inspectPlans().thenApply(plans -> {
                    List<UnreadableRow> unreadable = new ArrayList<>(members.unreadable());
                    unreadable.addAll(plans.unreadable());
                    return new ControlRows(plans.rows(), members.streams(), members.workers(), unreadable);
                }));
    }

    /** All plans, and the rows of plans that cannot be read. */
    default CompletableFuture<Listing<PlanRow>> inspectPlans() {
        return listPlans().thenApply(rows -> new Listing<>(rows, List.of()));
    }

    /** All leases, and the rows of leases that cannot be read. */
    default CompletableFuture<Listing<LeaseRow>> inspectLeases() {
        return listLeases().thenApply(rows -> new Listing<>(rows, List.of()));
    }

    /** What workers tell of their leases, those that are gone included; rows that cannot be read are left out. */
    default CompletableFuture<List<HealthRow>> listHealth() {
        return CompletableFuture.completedFuture(List.of());
    }

    /** The rows of {@code keys}, in any order; a lease without a row, or one that cannot be read, is left out. */
    CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys);

    /** All leases whose rows can be read, in the order of their keys; each as it was at some time during the call. */
    CompletableFuture<List<LeaseRow>> listLeases();

    /**
     * Writes {@code row}, under its revision plus one, if the table still holds the revision that the row carries; a row
     * of revision 0 is written only if there is none.
     */
    CompletableFuture<WriteOutcome> put(Row row);

    /**
     * Writes many rows, each as {@link #put} does and whatever becomes of the others, in fewer calls where the table has them. Such a
     * call may cost more capacity than the single ones.
     *
     * @param rows of different entities
     * @return what became of each, in the same order
     */
    default List<CompletableFuture<WriteOutcome>> putAll(List<Row> rows) {
        return rows.stream().map(this::put).toList();
    }

    /** Deletes {@code seen} if the table still holds its revision, or still none if it has none that can be read. A row that is gone already is a conflict with none. */
    CompletableFuture<WriteOutcome> delete(Row seen);
}
