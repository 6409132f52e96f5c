package io.millrace.streamcore.api.faults;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How often an operation goes wrong.
 *
 * @param throttle the share of calls, and of records in PutRecords, that are refused as too many; 0 to 1
 * @param internal the share of calls, and of records in PutRecords, that fail with InternalFailure; 0 to 1
 * @param least the least time that is added to an answer
 * @param most the most time that is added to an answer
 */
public record FaultRule(double throttle, double internal, Duration least, Duration most) {
    /** Never. */
    public static final FaultRule NONE = new FaultRule(0, 0, Duration.ZERO, Duration.ZERO);

    /** Checks the ranges. */
    public FaultRule {
        checkShare(throttle);
        checkShare(internal);
        requireNonNull(least, "least");
        requireNonNull(most, "most");
        if (least.isNegative() || most.compareTo(least) < 0) {
            throw new IllegalArgumentException("not a range of time: " + least + " to " + most);
        }
    }

    FaultRule withThrottle(double share) {
        return new FaultRule(share, internal, least, most);
    }

    FaultRule withInternal(double share) {
        return new FaultRule(throttle, share, least, most);
    }

    FaultRule withLatency(Duration from, Duration to) {
        return new FaultRule(throttle, internal, from, to);
    }

    private static void checkShare(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("a probability is 0 to 1, not " + share);
        }
    }
}
