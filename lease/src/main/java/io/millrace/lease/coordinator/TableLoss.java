package io.millrace.lease.coordinator;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Hears that rows which must be there are gone, or the whole table, and tells the coordinator. A table that is missing is
 * believed to be gone once it was missing for half a failover time.
 *
 * <p>Belongs to the loop, but for {@link #answered}.
 */
final class TableLoss {
    private final EventLoop loop;
    private final Platform platform;
    private final Duration patience;
    private Consumer<String> listener = what -> {};
    private volatile boolean isMissing;
    private long missingSince;

    TableLoss(EventLoop loop, Platform platform, Duration failoverTime) {
        this.loop = loop;
        this.platform = platform;
        this.patience = failoverTime.dividedBy(2);
    }

    /** Tells {@code other} from now on what is gone, maybe several times. */
    void tell(Consumer<String> other) {
        listener = other;
    }

    /** The table answered a call, or there was none to answer. Safe for any thread. */
    void answered(boolean missing) {
        if (missing || isMissing) {
            try {
                loop.execute(() -> look(missing));
            } catch (RejectedExecutionException closed) {
                // Nobody is left who would want to know.
            }
        }
    }

    /** Something that must be there is gone; {@code what} says what. */
    void report(String what) {
        listener.accept(what);
    }

    private void look(boolean missing) {
        if (missing && !isMissing) {
            missingSince = platform.ticker().nanoTime();
        }
        isMissing = missing;
        if (missing && platform.ticker().since(missingSince).compareTo(patience) >= 0) {
            report("the lease table does not exist any more");
        }
    }
}
