package io.millrace.multilang.child;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a child may take for what.
 *
 * @param start from its start to the answer to {@code initialize}
 * @param messageOrNull for each message while it has an action in hand, counted anew after a checkpoint was answered; absent for
 *     any time
 * @param exit from the close of its input to its end; SIGTERM comes after half of it, SIGKILL at its end
 * @param afterLoss for an action in hand once the shard's lease is lost
 */
public record ChildLimits(Duration start, @Nullable Duration messageOrNull, Duration exit, Duration afterLoss) {
    /** 30 s for the start, any time for a message, 10 s for the end and after a loss. */
    public static final ChildLimits DEFAULT =
            new ChildLimits(Duration.ofSeconds(30), null, Duration.ofSeconds(10), Duration.ofSeconds(10));

    /** Checks the bounds. */
    public ChildLimits {
        check(start, "start");
        check(exit, "exit");
        check(afterLoss, "afterLoss");
        if (messageOrNull != null) {
            check(messageOrNull, "message");
        }
    }

    /** The same with this time for a message; the start may take as long, if that is more. */
    public ChildLimits withMessage(Duration time) {
        return new ChildLimits(start.compareTo(time) < 0 ? time : start, time, exit, afterLoss);
    }

    private static void check(Duration time, String what) {
        if (requireNonNull(time, what).isZero() || time.isNegative()) {
            throw new IllegalArgumentException(
                    "the limit for a child's " + what + " is more than nothing, not " + time);
        }
    }
}
