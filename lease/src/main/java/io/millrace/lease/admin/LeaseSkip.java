package io.millrace.lease.admin;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Moves the checkpoint of one lease behind records that shall not be processed, while workers live. The lease gets the next epoch
 * and the new checkpoint in one write, which applies only to the row as it was seen: so whatever its owner still saves fails, it
 * loses the lease, and whoever takes it begins behind the records. The owner stays named until it has found out: were the lease free,
 * another could take it at once, and both would process the shard.
 *
 * <p>Safe for any thread; futures complete where the table's do.
 */
public final class LeaseSkip {
    /** A lease that its owner is writing is tried again. */
    private static final int ATTEMPTS = 20;

    private final LeaseTable table;
    private final Checkpoint target;
    private final Instant now;
    private final Function<LeaseRow, String> line;

    /**
     * Nothing is done yet.
     *
     * @param target the checkpoint behind the records
     * @param now the time that is noted for the new checkpoint
     * @param line what the row keeps for people, from the row as it is before: another for each skip, for it is known again by that
     */
    public LeaseSkip(LeaseTable table, Checkpoint target, Instant now, Function<LeaseRow, String> line) {
        this.table = requireNonNull(table, "table");
        this.target = requireNonNull(target, "target");
        this.now = requireNonNull(now, "now");
        this.line = requireNonNull(line, "line");
    }

    /** The outcome of a skip. */
    public sealed interface Outcome {
        /** The lease was at {@code before}, and is behind the records now. */
        record Skipped(LeaseRow before) implements Outcome {}

        /** Nothing was changed: {@code current} is behind the records already. */
        record NothingLeft(LeaseRow current) implements Outcome {}

        /**
         * Nothing was changed: the shard is not begun, because the shards before it are not read to their ends. A checkpoint
         * in it would let it begin.
         */
        record WaitsForParents(LeaseRow current) implements Outcome {}

        /**
         * The row was written by others all the time, or is gone, and nothing was changed; or it cannot be read, and nobody can tell
         * whether an answer was lost before.
         */
        record Changing(LeaseKey lease) implements Outcome {}
    }

    /**
     * Skips the records of {@code seen}.
     *
     * @return fails as the table does; then it is not known whether they were skipped
     */
    public CompletableFuture<Outcome> run(LeaseRow seen) {
        return attempt(seen, ATTEMPTS);
    }

    private CompletableFuture<Outcome> attempt(LeaseRow seen, int attempts) {
        if (!target.isAfter(seen.checkpoint())) {
            return CompletableFuture.completedFuture(new Outcome.NothingLeft(seen));
        }
        if (attempts == 0) {
            return CompletableFuture.completedFuture(new Outcome.Changing(seen.key()));
        }
        return mayBegin(seen)
                .thenCompose(may -> may
                        ? write(seen, attempts)
                        : CompletableFuture.completedFuture(new Outcome.WaitsForParents(seen)));
    }

    private CompletableFuture<Boolean> mayBegin(LeaseRow seen) {
        if (!seen.isNotStarted() || seen.lineage().parents().isEmpty()) {
            return CompletableFuture.completedFuture(true);
        }
        List<LeaseKey> parents = seen.lineage().parents().stream()
                .map(parent -> new LeaseKey(seen.key().stream(), parent))
                .toList();
        return table.getLeases(parents)
                .thenApply(rows -> rows.stream().filter(LeaseRow::isFinished).count() == parents.size());
    }

    private CompletableFuture<Outcome> write(LeaseRow seen, int attempts) {
        String kept = line.apply(seen);
        LeaseRow moved = seen.skippedTo(target);
        LeaseRow noted = moved.with(moved.notes().skipped(kept).savedAt(now));
        return table.put(noted).thenCompose(outcome -> {
            if (!(outcome instanceof WriteOutcome.Conflict conflict)) {
                return CompletableFuture.completedFuture(new Outcome.Skipped(seen));
            }
            if (!(conflict.currentOrNull() instanceof LeaseRow current)) {
                return CompletableFuture.completedFuture(new Outcome.Changing(seen.key()));
            }
            // A client that heard nothing has sent it twice by itself, and tells of the second sending; others may have
            // written since.
            boolean isOurs = current.notes().skips().contains(kept);
            return isOurs
                    ? CompletableFuture.completedFuture(new Outcome.Skipped(seen))
                    : attempt(current, attempts - 1);
        });
    }
}
