package io.millrace.streamcore.stream.account;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The account's commitment to pay for a minimum of throughput (Kinesis API, MinimumThroughputBillingCommitment). Some
 * settings need it. Once begun it lasts a day at least: ended earlier it runs on until the day is over.
 *
 * @param startedOrNull when it began last, absent if it never did
 * @param endsOrNull when it ended or will end, absent while nobody ended it
 */
public record BillingCommitment(
        @Nullable Instant startedOrNull, @Nullable Instant endsOrNull) {
    /** Never begun. */
    public static final BillingCommitment NONE = new BillingCommitment(null, null);

    private static final Duration SHORTEST = Duration.ofHours(24);

    /** Where a commitment is in its life; the names are the API's. */
    public enum Status {
        /** It holds. */
        ENABLED,
        /** It holds, but was ended and runs out. */
        ENABLED_UNTIL_EARLIEST_ALLOWED_END,
        /** It does not hold. */
        DISABLED
    }

    /** What is the case at this moment. */
    public Status statusAt(Instant now) {
        if (startedOrNull == null) {
            return Status.DISABLED;
        }
        if (endsOrNull == null) {
            return Status.ENABLED;
        }
        return now.isBefore(endsOrNull) ? Status.ENABLED_UNTIL_EARLIEST_ALLOWED_END : Status.DISABLED;
    }

    /** When it began last. */
    public Optional<Instant> started() {
        return Optional.ofNullable(startedOrNull);
    }

    /** When it ended or will end. */
    public Optional<Instant> ends() {
        return Optional.ofNullable(endsOrNull);
    }

    /** The earliest moment at which it can end. */
    public Optional<Instant> earliestEnd() {
        return started().map(started -> started.plus(SHORTEST));
    }

    /** Begun, or no longer ended. */
    public BillingCommitment enabled(Instant now) {
        return new BillingCommitment(statusAt(now) == Status.DISABLED ? now : startedOrNull, null);
    }

    /** Ended as soon as it can be. */
    public BillingCommitment disabled(Instant now) {
        Optional<Instant> earliest = earliestEnd();
        if (earliest.isEmpty() || endsOrNull != null) {
            return this;
        }
        return new BillingCommitment(startedOrNull, earliest.get().isAfter(now) ? earliest.get() : now);
    }
}
