package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Lineage;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Errors in writes by hand, for {@link Mutation}. */
final class HandErrors {
    private HandErrors() {}

    /** The lease is written as it was when somebody looked at it. */
    static LeaseTable withoutCondition(LeaseTable hand) {
        return new UnconditionalTable(hand, LeaseRow.class::isInstance);
    }

    /** The lease's epoch stays, so its owner is not fenced. */
    static LeaseTable underTheEpochOfBefore(LeaseTable hand) {
        return new RewritingTable(
                hand,
                row -> row instanceof LeaseRow lease
                        ? new LeaseRow(
                                lease.key(),
                                lease.revision(),
                                lease.epoch() - 1,
                                lease.ownerOrNull(),
                                lease.checkpoint(),
                                lease.lineage(),
                                lease.load())
                        : row);
    }

    /** The lease is free while whoever owned it has yet to find out. */
    static LeaseTable freeAtOnce(LeaseTable hand) {
        return new RewritingTable(hand, row -> row instanceof LeaseRow lease ? lease.released() : row);
    }

    /** All parents look as if they were read to their ends. */
    static LeaseTable withFinishedParents(LeaseTable hand) {
        return new PassingTable(hand) {
            @Override
            public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
                return super.getLeases(keys)
                        .thenApply(rows -> keys.stream()
                                .map(key -> LeaseRow.fresh(
                                        key,
                                        Checkpoint.shardEnd(),
                                        new Lineage(List.of(), List.of(), HashKeyRange.ALL)))
                                .toList());
            }
        };
    }
}
