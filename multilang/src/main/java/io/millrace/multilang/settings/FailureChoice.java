package io.millrace.multilang.settings;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.LetterSink;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of records that children fail at.
 *
 * @param then their fate once a limit is reached
 * @param triesOrNull the limit as failures in a row
 * @param timeOrNull the limit as time without a success
 * @param ageOrNull the limit as age of the oldest record
 * @param isIsolating true if the record that fails is looked for
 * @param lettersOrNull where letters are written
 */
public record FailureChoice(
        FailurePolicy.Then then,
        @Nullable Integer triesOrNull,
        @Nullable Duration timeOrNull,
        @Nullable Duration ageOrNull,
        boolean isIsolating,
        @Nullable FailureDestination lettersOrNull) {
    private static final String ACTION = "failureAction";
    private static final String LETTERS = "failureDestination";
    private static final List<String> LIMITS =
            List.of("failureTries", "failureTimeInSeconds", "failureRecordAgeInSeconds");

    /** Those that need an action. */
    private static final List<String> OF_LIMITS =
            List.of("failureTries", "failureTimeInSeconds", "failureRecordAgeInSeconds", "failureIsolate", LETTERS);

    /** Checks the part. */
    public FailureChoice {
        requireNonNull(then, "then");
    }

    static FailureChoice of(Values values) {
        FailurePolicy.Then then =
                FailurePolicy.Then.valueOf(values.text(ACTION).orElse("RETRY").toUpperCase(Locale.ROOT));
        boolean isLimited = LIMITS.stream().anyMatch(values::has);
        if (then == FailurePolicy.Then.RETRY) {
            for (String key : OF_LIMITS) {
                if (values.has(key)) {
                    throw values.wrong(key, "has no use while failureAction is RETRY; say what becomes of the records");
                }
            }
        } else if (!isLimited) {
            throw values.wrong(ACTION, "needs a limit: give " + String.join(", or ", LIMITS));
        }
        return new FailureChoice(
                then,
                values.whole("failureTries").orElse(null),
                values.seconds("failureTimeInSeconds").orElse(null),
                values.seconds("failureRecordAgeInSeconds").orElse(null),
                values.flag("failureIsolate").orElse(false),
                letters(values, then).orElse(null));
    }

    private static Optional<FailureDestination> letters(Values values, FailurePolicy.Then then) {
        if (then != FailurePolicy.Then.LETTER && values.has(LETTERS)) {
            throw values.wrong(LETTERS, "has no use while failureAction is " + then);
        }
        if (then == FailurePolicy.Then.LETTER && !values.has(LETTERS)) {
            throw values.wrong(ACTION, "is LETTER: give the file, stream, queue or bucket as " + LETTERS);
        }
        return values.destination(LETTERS);
    }

    /**
     * The policy.
     *
     * @param sinks makes the sink of a destination, once
     */
    public FailurePolicy policy(Function<FailureDestination, LetterSink> sinks) {
        if (then == FailurePolicy.Then.RETRY) {
            return FailurePolicy.retryForever();
        }
        FailurePolicy.Limits limits = FailurePolicy.tries(triesOrNull == null ? Integer.MAX_VALUE : triesOrNull);
        if (timeOrNull != null) {
            limits = limits.or(timeOrNull);
        }
        if (ageOrNull != null) {
            limits = limits.orOlderThan(ageOrNull);
        }
        if (isIsolating) {
            limits = limits.isolating();
        }
        return switch (then) {
            case LETTER -> limits.thenLetter(sinks.apply(requireNonNull(lettersOrNull)));
            case SKIP -> limits.thenSkip();
            case STOP_SHARD -> limits.thenStopShard();
            case STOP_WORKER -> limits.thenStopWorker();
            case RETRY -> FailurePolicy.retryForever();
        };
    }
}
