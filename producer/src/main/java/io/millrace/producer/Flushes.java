package io.millrace.producer;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Those who wait for the outcomes of all records up to one. Belongs to the producer's loop. */
final class Flushes {
    private final List<Flush> waiting = new ArrayList<>();

    /** Completes {@code done} once the {@code open} records up to number {@code last} have outcomes. */
    void add(long last, long open, CompletableFuture<@Nullable Void> done) {
        if (open == 0) {
            done.complete(null);
        } else {
            waiting.add(new Flush(last, open, done));
        }
    }

    /** The record of this number has an outcome. */
    void ended(long number) {
        if (waiting.isEmpty()) {
            return;
        }
        for (Iterator<Flush> each = waiting.iterator(); each.hasNext(); ) {
            Flush flush = each.next();
            if (number <= flush.last && --flush.open == 0) {
                each.remove();
                flush.done.complete(null);
            }
        }
    }

    private static final class Flush {
        private final long last;
        private final CompletableFuture<@Nullable Void> done;
        private long open;

        Flush(long last, long open, CompletableFuture<@Nullable Void> done) {
            this.last = last;
            this.open = open;
            this.done = done;
        }
    }
}
