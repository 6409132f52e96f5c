package io.millrace.producer;

import io.millrace.runtime.Backoff;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The service as a whole takes nothing, since when, and how long everything waits for that. Belongs to the producer's loop. */
final class ServiceTrouble {
    private static final Logger log = LoggerFactory.getLogger(ServiceTrouble.class);
    static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
    /** One failure alone is nothing to tell of. */
    private static final int TOLD = 2;

    private final String stream;
    private final Ticker ticker;
    private final RandomGenerator random;
    private int inRow;
    private long pausedUntil;
    /** Others look at it. */
    private volatile @Nullable Throwable reason;

    ServiceTrouble(String stream, Ticker ticker, RandomGenerator random) {
        this.stream = stream;
        this.ticker = ticker;
        this.random = random;
        this.pausedUntil = ticker.nanoTime();
    }

    /** A try was in vain. */
    void meet(Failure failure) {
        inRow++;
        if (inRow >= TOLD) {
            reason = failure.cause();
        }
        if (inRow == TOLD) {
            log.warn(
                    "Stream {} takes no records; they wait and are sent again: {}",
                    stream,
                    failure.cause().toString());
        }
    }

    /** The same, and the next try waits a moment. */
    void meetAndPause(Failure failure) {
        meet(failure);
        pausedUntil = ticker.nanoTime() + BACKOFF.delay(inRow, random).toNanos();
    }

    /** A try was not in vain. */
    void end() {
        if (inRow >= TOLD) {
            log.info("Stream {} takes records again", stream);
        }
        inRow = 0;
        reason = null;
    }

    /** How long the next try waits, in nanoseconds; not above zero if it does not. */
    long pause(long now) {
        return pausedUntil - now;
    }

    /** The last failure, if it is worth telling; from any thread. */
    Optional<Throwable> reason() {
        return Optional.ofNullable(reason);
    }
}
