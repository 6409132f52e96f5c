package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tells in the table how the leases of one life of a worker get on: what the listener says, at most every {@link #INTERVAL},
 * and only when it is news. A large row waits longer, so that a worker writes a KB a second in the long run, whatever
 * befalls its shards.
 *
 * <p>Belongs to the loop.
 */
final class StatusTeller {
    /** The least time between two writes. */
    static final Duration INTERVAL = Duration.ofSeconds(5);

    /** So many bytes a second in the long run: DynamoDB counts writes by the KB. */
    static final int BYTES_A_SECOND = 1024;

    private final Wiring wiring;
    private final WorkerId me;
    private final SureTable table;
    private long revision;
    private @Nullable HealthRow told;
    private long waitUntil;
    /** The write that waits for its turn or is under way. */
    private SureTable.@Nullable Write write;

    private boolean over;
    private @Nullable CompletableFuture<Void> stopped;
    private EventLoop.Cancellable next = EventLoop.Cancellable.DONE;

    StatusTeller(Wiring wiring, WorkerId me, SureTable table) {
        this.wiring = wiring;
        this.me = me;
        this.table = table;
        this.waitUntil = wiring.now();
    }

    void start() {
        next = wiring.later(INTERVAL.dividedBy(5), this::look);
    }

    /** Tells nothing any more. */
    void stop() {
        over = true;
        next.cancel();
    }

    /** Stops, and takes away what was told. */
    CompletableFuture<Void> remove() {
        stop();
        if (write != null && write.giveUp()) {
            write = null;
        }
        CompletableFuture<Void> quiet = new CompletableFuture<>();
        stopped = quiet;
        if (write == null) {
            quiet.complete(null);
        }
        return quiet.thenCompose(done -> {
            HealthRow last = told;
            return last == null || revision == 0
                    ? CompletableFuture.<Void>completedFuture(null)
                    : table.delete(WriteKind.MEMBERSHIP, last.withRevision(revision))
                            .thenAccept(gone -> {});
        });
    }

    private void look() {
        if (over) {
            return;
        }
        next = wiring.later(INTERVAL, this::look);
        if (write == null
                && wiring.now() - waitUntil >= 0
                && read().filter(this::isNews).isPresent()) {
            write();
        }
    }

    private Optional<HealthRow> read() {
        return wiring.listener()
                .statuses()
                .map(statuses -> HealthRow.of(me, wiring.platform().clock().instant(), statuses));
    }

    private boolean isNews(HealthRow now) {
        return told == null || revision == 0 || told.isOutdatedBy(now);
    }

    /** What is sent is as it is at the moment of sending. */
    private void write() {
        AtomicReference<@Nullable HealthRow> sent = new AtomicReference<>();
        SureTable.Write now = table.put(WriteKind.STATUS, () -> {
            HealthRow row = read().orElseGet(
                            () -> HealthRow.of(me, wiring.platform().clock().instant(), List.of()))
                    .withRevision(revision);
            sent.set(row);
            return row;
        });
        write = now;
        wiring.then(now.settled(), settled -> {
            write = null;
            HealthRow row = requireNonNull(sent.get());
            waitUntil = wiring.now()
                    + Duration.ofMillis(1000L * row.bytes() / BYTES_A_SECOND).toNanos();
            if (settled.outcome() instanceof WriteOutcome.Conflict conflict) {
                // Somebody took the row away, or wrote one: ours goes over it the next time.
                revision = conflict.current().map(Row::revision).orElse(0L);
                told = null;
            } else {
                revision = row.revision() + 1;
                told = row;
            }
            if (stopped != null) {
                stopped.complete(null);
            }
        });
    }
}
