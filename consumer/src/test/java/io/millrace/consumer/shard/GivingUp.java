package io.millrace.consumer.shard;

import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.LetterSink;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A failure policy as a world of the simulation has it, whose parts can be looked at.
 *
 * @param tries how many failures in a row are enough
 * @param time how long failures in a row are enough; absent if no time is
 * @param age how old a record is given up at its first failure; absent if no age is
 * @param isolates true if the record that fails is looked for
 * @param then what becomes of records that are given up
 */
record GivingUp(
        int tries, @Nullable Duration time, @Nullable Duration age, boolean isolates, FailurePolicy.Then then) {
    static GivingUp after(int tries, boolean isolates, FailurePolicy.Then then) {
        return new GivingUp(tries, null, null, isolates, then);
    }

    /** The same with another number of tries. */
    GivingUp withTries(int other) {
        return new GivingUp(other, time, age, isolates, then);
    }

    /** The same with another fate of what is given up. */
    GivingUp with(FailurePolicy.Then other) {
        return new GivingUp(tries, time, age, isolates, other);
    }

    /** True if it is certain from a number of failures whether records are given up. */
    boolean isCounted() {
        return time == null && age == null;
    }

    /** The policy itself. */
    FailurePolicy policy(LetterSink sink) {
        FailurePolicy.Limits limits = FailurePolicy.tries(tries);
        limits = time == null ? limits : limits.or(time);
        limits = age == null ? limits : limits.orOlderThan(age);
        limits = isolates ? limits.isolating() : limits;
        return switch (then) {
            case LETTER -> limits.thenLetter(sink);
            case SKIP -> limits.thenSkip();
            case STOP_SHARD -> limits.thenStopShard();
            case STOP_WORKER -> limits.thenStopWorker();
            case RETRY -> FailurePolicy.retryForever();
        };
    }
}
