package io.millrace.lease.admin;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.WriteOutcome;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Moves the checkpoints of leases in any direction, also while workers live. A lease gets the next epoch, the new checkpoint and its
 * place among the others in one write, which applies only to the row as it was seen: so whatever its owner still saves fails, it loses
 * the lease, and whoever takes it begins at the new checkpoint. An owner that may live stays named until it has found out: were the
 * lease free, another could take it at once, and both would process the shard. A lease that nobody has, or whose owner is gone, is
 * free afterwards.
 *
 * <p>For one thread at a time; futures complete where the table's do.
 */
public final class LeaseReset {
    /** A lease that its owner is writing is tried again. */
    private static final int ATTEMPTS = 20;

    private final LeaseTable table;
    private final Set<WorkerId> gone;
    /** The workers as they were after the rows were seen. */
    private @Nullable CompletableFuture<Members> members;

    /**
     * Nothing is done yet.
     *
     * @param gone workers that have rows, and are known not to live all the same
     */
    public LeaseReset(LeaseTable table, Set<WorkerId> gone) {
        this.table = requireNonNull(table, "table");
        this.gone = Set.copyOf(gone);
    }

    /** The outcome of a reset. */
    public sealed interface Outcome {
        /** The lease was as {@code before}, empty where there was none, and is at the new checkpoint now. */
        record Moved(Optional<LeaseRow> before) implements Outcome {}

        /**
         * The row was written by others all the time, or is gone, and the lease was not changed; or it cannot be read, and nobody can
         * tell whether an answer was lost before.
         */
        record Changing(LeaseKey lease) implements Outcome {}
    }

    /**
     * Moves one lease.
     *
     * @param change the row as it shall be where nobody has the lease; of another one its checkpoint and its lineage are taken
     * @param seen the row as it is; empty where there is none. All that one of these is given were read before its first run
     * @return fails as the table does; then it is not known whether the lease was moved
     */
    public CompletableFuture<Outcome> run(LeaseRow change, Optional<LeaseRow> seen) {
        return attempt(change, seen.orElse(null), ATTEMPTS);
    }

    private CompletableFuture<Outcome> attempt(LeaseRow change, @Nullable LeaseRow seen, int attempts) {
        if (attempts == 0) {
            return CompletableFuture.completedFuture(new Outcome.Changing(change.key()));
        }
        if (seen == null) {
            return write(change, change, null, attempts);
        }
        return mayLive(seen.ownerOrNull()).thenCompose(lives -> {
            LeaseRow next = lives
                    ? seen.resetTo(change.checkpoint(), change.lineage())
                    : seen.movedTo(change.checkpoint(), change.lineage());
            return write(change, next, seen, attempts);
        });
    }

    /** A row of a worker is there from before its first lease until it has let go of the last one, or is proven dead. */
    private CompletableFuture<Boolean> mayLive(@Nullable WorkerId owner) {
        if (owner == null || gone.contains(owner)) {
            return CompletableFuture.completedFuture(false);
        }
        CompletableFuture<Members> known = members;
        if (known == null) {
            known = table.listMembers();
            members = known;
        }
        return known.thenApply(rows -> new ControlRows(List.of(), rows).hasWorker(owner));
    }

    private CompletableFuture<Outcome> write(LeaseRow change, LeaseRow next, @Nullable LeaseRow seen, int attempts) {
        return table.put(next).thenCompose(outcome -> {
            Outcome moved = new Outcome.Moved(Optional.ofNullable(seen));
            if (!(outcome instanceof WriteOutcome.Conflict conflict)) {
                return CompletableFuture.completedFuture(moved);
            }
            if (!(conflict.currentOrNull() instanceof LeaseRow current)) {
                return CompletableFuture.completedFuture(new Outcome.Changing(change.key()));
            }
            // A client that heard nothing has sent it twice by itself, and tells of the second sending. Whoever owns
            // the lease by
            // now may have come since.
            members = null;
            boolean isOurs = current.epoch() == next.epoch()
                    && current.checkpoint().equals(next.checkpoint())
                    && current.lineage().equals(next.lineage());
            return isOurs ? CompletableFuture.completedFuture(moved) : attempt(change, current, attempts - 1);
        });
    }
}
