package io.millrace.lease.table;

import io.millrace.runtime.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/**
 * Gathers the writes of one moment. A worker that starts alone on a thousand shards makes and takes as many leases; single calls for
 * them are most of what its start costs. A few writes go as they are, for those in one call cost the table more.
 *
 * <p>Belongs to the loop.
 */
public final class BulkWrites {
    private static final int FEWEST = 8;

    private final LeaseTable table;
    private final EventLoop loop;
    private List<Waiting> gathered = new ArrayList<>();

    /** Writes to {@code table} from {@code loop}. */
    public BulkWrites(LeaseTable table, EventLoop loop) {
        this.table = table;
        this.loop = loop;
    }

    /** Writes {@code row} as {@link LeaseTable#put} does, with those that are put before the loop comes to its next task. */
    public CompletableFuture<WriteOutcome> put(Row row) {
        Waiting waiting = new Waiting(row, new CompletableFuture<>());
        gathered.add(waiting);
        if (gathered.size() == 1) {
            try {
                loop.execute(this::send);
            } catch (RejectedExecutionException closed) {
                waiting.outcome.completeExceptionally(closed);
            }
        }
        return waiting.outcome;
    }

    /** Those that wait are not sent, and never complete. */
    public void abandon() {
        gathered = new ArrayList<>();
    }

    private void send() {
        List<Waiting> now = gathered;
        gathered = new ArrayList<>();
        List<Row> rows = now.stream().map(Waiting::row).toList();
        List<CompletableFuture<WriteOutcome>> outcomes =
                rows.size() < FEWEST ? rows.stream().map(table::put).toList() : table.putAll(rows);
        for (int i = 0; i < outcomes.size(); i++) {
            CompletableFuture<WriteOutcome> to = now.get(i).outcome;
            CompletableFuture<WriteOutcome> unused = outcomes.get(i).whenComplete((outcome, error) -> {
                if (error != null) {
                    to.completeExceptionally(error);
                } else {
                    to.complete(outcome);
                }
            });
        }
    }

    private record Waiting(Row row, CompletableFuture<WriteOutcome> outcome) {}
}
