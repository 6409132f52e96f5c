package io.millrace.multilang.settings;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.letters.LetterSinks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of records that children fail at.
 *
 * @param then their fate once a limit is reached
 * @param triesOrNull the limit as failures in a row
 * @param timeOrNull the limit as time without a success
 * @param ageOrNull the limit as age of the oldest record
 * @param isIsolating true if the record that fails is looked for
 * @param letterFileOrNull where letters are written
 */
public record FailureChoice(
        FailurePolicy.Then then,
        @Nullable Integer triesOrNull,
        @Nullable Duration timeOrNull,
        @Nullable Duration ageOrNull,
        boolean isIsolating,
        @Nullable Path letterFileOrNull) {
    private static final String ACTION = "failureAction";
    private static final String LETTERS = "failureLetterFile";
    private static final List<String> LIMITS =
            List.of("failureTries", "failureTimeInSeconds", "failureRecordAgeInSeconds");

    /** Checks the part. */
    public FailureChoice {
        requireNonNull(then, "then");
    }

    static FailureChoice of(Values values) {
        FailurePolicy.Then then =
                FailurePolicy.Then.valueOf(values.text(ACTION).orElse("RETRY").toUpperCase(Locale.ROOT));
        boolean isLimited = LIMITS.stream().anyMatch(values::has);
        if (then == FailurePolicy.Then.RETRY) {
            for (String key : List.of("failureTries", "failureTimeInSeconds", "failureRecordAgeInSeconds", LETTERS)) {
                if (values.has(key)) {
                    throw values.wrong(key, "has no use while failureAction is RETRY; say what becomes of the records");
                }
            }
        } else if (!isLimited) {
            throw values.wrong(ACTION, "needs a limit: give " + String.join(", or ", LIMITS));
        }
        if (then == FailurePolicy.Then.LETTER && !values.has(LETTERS)) {
            throw values.wrong(ACTION, "is LETTER: give the file as " + LETTERS);
        }
        if (then != FailurePolicy.Then.LETTER && values.has(LETTERS)) {
            throw values.wrong(LETTERS, "has no use while failureAction is " + then);
        }
        return new FailureChoice(
                then,
                values.whole("failureTries").orElse(null),
                values.seconds("failureTimeInSeconds").orElse(null),
                values.seconds("failureRecordAgeInSeconds").orElse(null),
                values.flag("failureIsolate").orElse(false),
                values.text(LETTERS).map(Path::of).orElse(null));
    }

    /**
     * The policy.
     *
     * @param watched makes the sink that takes the letters of the one that stores them
     * @throws io.millrace.consumer.letters.LetterException if the file of letters is a folder, or its folder is missing
     */
    public FailurePolicy policy(UnaryOperator<LetterSink> watched) {
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
            case LETTER -> limits.thenLetter(watched.apply(LetterSinks.file(requireNonNull(letterFileOrNull))));
            case SKIP -> limits.thenSkip();
            case STOP_SHARD -> limits.thenStopShard();
            case STOP_WORKER -> limits.thenStopWorker();
            case RETRY -> FailurePolicy.retryForever();
        };
    }
}
