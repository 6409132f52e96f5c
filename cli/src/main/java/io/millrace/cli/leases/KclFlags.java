package io.millrace.cli.leases;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.lease.kcl.KclSnapshot;
import io.millrace.lease.kcl.KclTable;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** What import and export have in common: telling whether a KCL is at work, and waiting for new tables. Stateless. */
final class KclFlags {
    private static final Duration LOOK = Duration.ofMillis(500);
    /** The service takes seconds. */
    private static final Duration LONGEST_CREATION = Duration.ofMinutes(5);

    private KclFlags() {}

    /**
     * Fails unless nothing in the table moves for {@code failover}: a worker of the KCL renews each of its leases three
     * times in that time.
     *
     * @return the table as it was all that time; empty when there is none
     */
    static Optional<KclSnapshot> still(KclTable table, Duration failover, Ticker ticker) {
        Optional<KclSnapshot> first = table.read().join();
        long start = ticker.nanoTime();
        while (first.isPresent() && ticker.since(start).compareTo(failover) < 0) {
            Pause.of(LOOK);
            List<String> moved = table.read()
                    .join()
                    .orElseThrow(() -> CommandFailure.failed("the KCL's table was just deleted"))
                    .movedSince(first.get());
            if (!moved.isEmpty()) {
                throw CommandFailure.failed("the KCL application is running: its row '" + moved.get(0)
                        + "' moves; stop all its workers first");
            }
        }
        return first;
    }

    /** Waits until {@code ready} says yes of a new table; fails if it never does. */
    static void await(BooleanSupplier ready, Ticker ticker) {
        long start = ticker.nanoTime();
        while (!ready.getAsBoolean()) {
            if (ticker.since(start).compareTo(LONGEST_CREATION) > 0) {
                throw CommandFailure.failed("the new table is not active after " + LONGEST_CREATION.toMinutes()
                        + " minutes, nothing was written to it; run this again once it is");
            }
            Pause.of(LOOK);
        }
    }
}
