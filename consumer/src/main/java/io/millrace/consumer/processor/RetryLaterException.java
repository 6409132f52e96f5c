package io.millrace.consumer.processor;

import java.time.Duration;

/**
 * Asks for the same records again after a time of the processor's own choice, because it cannot take them now: a sink is
 * down, a limit is reached. Thrown from {@code processRecords}. It does not count as a failure of the records, so that no
 * {@link io.millrace.consumer.delivery.FailurePolicy} gives them up for it.
 */
public final class RetryLaterException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final Duration delay;

    /**
     * Asks for the records again after {@code delay}.
     *
     * @throws IllegalArgumentException if {@code delay} is negative
     */
    public RetryLaterException(Duration delay) {
        super("again in " + delay);
        if (delay.isNegative()) {
            throw new IllegalArgumentException("a delay is not negative: " + delay);
        }
        this.delay = delay;
    }

    /** How long to wait at least. */
    public Duration delay() {
        return delay;
    }
}
