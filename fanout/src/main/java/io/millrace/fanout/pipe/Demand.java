package io.millrace.fanout.pipe;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;

/** Events that were asked for before there was somebody to ask. Safe for any thread. */
final class Demand {
    private static final long BEGUN = -1;

    private final AtomicLong early = new AtomicLong();

    /** Asks {@code open} for one more event, or keeps that in mind until there is one. */
    void add(@Nullable Subscription open) {
        if (early.getAndUpdate(count -> count == BEGUN ? BEGUN : count + 1) == BEGUN && open != null) {
            open.request(1);
        }
    }

    /** Asks {@code open} for everything kept in mind; from now on it is asked at once. */
    void begin(Subscription open) {
        long count = early.getAndSet(BEGUN);
        if (count > 0) {
            open.request(count);
        }
    }
}
