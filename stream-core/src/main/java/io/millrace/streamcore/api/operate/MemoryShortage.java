package io.millrace.streamcore.api.operate;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The record of the JVM running out of memory. The work that needed the memory was given up; all else goes on, so an operator has to
 * hear of it: by a warning, at most one a minute, and by a reason in the server's health for ten minutes. Safe for any thread.
 */
public final class MemoryShortage {
    private static final Logger log = LoggerFactory.getLogger(MemoryShortage.class);
    private static final Duration WARN_EVERY = Duration.ofMinutes(1);
    private static final Duration REMEMBERED = Duration.ofMinutes(10);
    private static final int DEEPEST_CAUSE = 8;

    private final Ticker ticker;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean hasHappened;
    private long lastAt;
    private boolean hasWarned;
    private long warnedAt;
    private long untold;

    /** None yet. */
    public MemoryShortage(Ticker ticker) {
        this.ticker = requireNonNull(ticker, "ticker");
    }

    /** Notes a failure if the JVM had no memory, which may be the cause of its cause. True if so. */
    public boolean noticed(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST_CAUSE; depth++) {
            if (cause instanceof OutOfMemoryError shortage) {
                note(shortage);
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    private void note(OutOfMemoryError shortage) {
        lock.lock();
        try {
            hasHappened = true;
            lastAt = ticker.nanoTime();
            untold++;
            if (hasWarned && ticker.since(warnedAt).compareTo(WARN_EVERY) < 0) {
                return;
            }
            hasWarned = true;
            warnedAt = lastAt;
            log.warn(
                    "Out of memory ({}; failures since the last warning: {}). What needed it was given up, the rest goes on."
                            + " Give the server a larger heap: -Xmx in MILLRACE_JAVA_OPTS.",
                    shortage.getMessage(),
                    untold);
            untold = 0;
        } finally {
            lock.unlock();
        }
    }

    /** Why the server is not well; empty if it had all the memory that it needed for ten minutes. */
    public Optional<String> reason() {
        lock.lock();
        try {
            return hasHappened && ticker.since(lastAt).compareTo(REMEMBERED) < 0
                    ? Optional.of("the server ran out of memory "
                            + ticker.since(lastAt).toSeconds() + " s ago: give it a larger heap")
                    : Optional.empty();
        } finally {
            lock.unlock();
        }
    }
}
