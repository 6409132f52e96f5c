package io.millrace.consumer.mapping;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.delivery.Batching;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The options of an event source mapping of AWS Lambda for a stream, with its ranges and defaults. {@code WorkerBuilder.function}
 * takes them.
 *
 * <pre>{@code
 * EventSourceMapping.DEFAULT.withBatchSize(500).withMaximumRetryAttempts(3).withBisectBatchOnFunctionError(true)
 * }</pre>
 *
 * @param batchSize the most records of a batch, 1 to 10,000; 100. A batch has less where its event would exceed 6 MB
 * @param maximumBatchingWindow how long to wait for a full batch, 0 to 300 s; 0
 * @param parallelizationFactor how many batches of a shard are processed at once, in order per partition key, 1 to 10; 1
 * @param bisectBatchOnFunctionError true if a batch that fails comes again in halves, which uses up no tries; false
 * @param maximumRetryAttempts how often records come again before they are given up, 0 to 10,000; -1, for ever
 * @param maximumRecordAgeOrNull how old records may be when they are handed out, 60 s to 7 d; absent, any age
 * @param reportBatchItemFailures true if an answer may name records that were not processed; false
 * @param tumblingWindowOrNull the length of windows, 1 to 900 s, with which the parallelization factor must be 1; absent, none
 * @param filterOrNull says which records the function gets; absent, all
 * @param onFailureOrNull keeps what is given up; absent, it is left out with a line in the log
 */
public record EventSourceMapping(
        int batchSize,
        Duration maximumBatchingWindow,
        int parallelizationFactor,
        boolean bisectBatchOnFunctionError,
        int maximumRetryAttempts,
        @Nullable Duration maximumRecordAgeOrNull,
        boolean reportBatchItemFailures,
        @Nullable Duration tumblingWindowOrNull,
        @Nullable Predicate<StreamRecord> filterOrNull,
        @Nullable LetterSink onFailureOrNull) {
    /** The defaults of Lambda. */
    public static final EventSourceMapping DEFAULT =
            new EventSourceMapping(100, Duration.ZERO, 1, false, -1, null, false, null, null, null);

    private static final long MOST_EVENT = 6L << 20;
    /** More than a record has in an event besides its data, but for very long keys. */
    private static final long RECORD_OVERHEAD = 500;

    /** Checks the ranges. */
    public EventSourceMapping {
        within("BatchSize", batchSize, 1, 10_000);
        within("MaximumBatchingWindowInSeconds", maximumBatchingWindow.toSeconds(), 0, 300);
        within("ParallelizationFactor", parallelizationFactor, 1, 10);
        within("MaximumRetryAttempts", maximumRetryAttempts, -1, 10_000);
        if (maximumRecordAgeOrNull != null) {
            within("MaximumRecordAgeInSeconds", maximumRecordAgeOrNull.toSeconds(), 60, 604_800);
        }
        if (tumblingWindowOrNull != null) {
            within("TumblingWindowInSeconds", tumblingWindowOrNull.toSeconds(), 1, 900);
            if (parallelizationFactor > 1) {
                throw new IllegalArgumentException("TumblingWindowInSeconds needs a ParallelizationFactor of 1, not "
                        + parallelizationFactor + ": a window is one of a whole shard");
            }
        }
    }

    private static void within(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is " + least + " to " + most + ", not " + value);
        }
    }

    /** How records reach the function's processors. */
    public DeliverySettings delivery() {
        long bytes = Math.max(1, (MOST_EVENT - batchSize * RECORD_OVERHEAD) * 3 / 4);
        DeliverySettings settings = DeliverySettings.DEFAULT
                .withLanes(parallelizationFactor)
                .withBatching(new Batching(batchSize, bytes, maximumBatchingWindow, tumblingWindowOrNull != null))
                .withCheckpoints(tumblingWindowOrNull == null ? CheckpointMode.AUTOMATIC : CheckpointMode.MANUAL)
                .withFailures(failures());
        return filterOrNull == null ? settings : settings.withFilter(filterOrNull);
    }

    private FailurePolicy failures() {
        FailurePolicy.Limits limits =
                FailurePolicy.tries(maximumRetryAttempts < 0 ? Integer.MAX_VALUE : maximumRetryAttempts + 1);
        if (maximumRecordAgeOrNull != null) {
            limits = limits.orExpired(maximumRecordAgeOrNull);
        } else if (maximumRetryAttempts < 0 && !bisectBatchOnFunctionError) {
            return FailurePolicy.retryForever();
        }
        if (bisectBatchOnFunctionError) {
            limits = limits.bisecting();
        }
        return onFailureOrNull == null ? limits.thenSkip() : limits.thenLetter(onFailureOrNull);
    }

    /** Processors that call functions, one each. */
    public Supplier<AsyncRecordProcessor> processors(Supplier<? extends BatchFunction> functions, Ticker ticker) {
        return () -> new MappedProcessor(
                requireNonNull(functions.get(), "the function's factory returned null"), this, ticker);
    }

    /** The same with batches of at most this many records. */
    public EventSourceMapping withBatchSize(int most) {
        return new EventSourceMapping(
                most,
                maximumBatchingWindow,
                parallelizationFactor,
                bisectBatchOnFunctionError,
                maximumRetryAttempts,
                maximumRecordAgeOrNull,
                reportBatchItemFailures,
                tumblingWindowOrNull,
                filterOrNull,
                onFailureOrNull);
    }

    /** The same with this time to wait for a full batch. */
    public EventSourceMapping withMaximumBatchingWindow(Duration time) {
        return new EventSourceMapping(
                batchSize,
                time,
                parallelizationFactor,
                bisectBatchOnFunctionError,
                maximumRetryAttempts,
                maximumRecordAgeOrNull,
                reportBatchItemFailures,
                tumblingWindowOrNull,
                filterOrNull,
                onFailureOrNull);
    }

    /** The same with this many batches of a shard at once. */
    public EventSourceMapping withParallelizationFactor(int batches) {
        return new EventSourceMapping(
                batchSize,
                maximumBatchingWindow,
                batches,
                bisectBatchOnFunctionError,
                maximumRetryAttempts,
                maximumRecordAgeOrNull,
                reportBatchItemFailures,
                tumblingWindowOrNull,
                filterOrNull,
                onFailureOrNull);
    }

    /** The same with or without halves of batches that fail. */
    public EventSourceMapping withBisectBatchOnFunctionError(boolean wanted) {
        return new EventSourceMapping(
                batchSize,
                maximumBatchingWindow,
                parallelizationFactor,
                wanted,
                maximumRetryAttempts,
                maximumRecordAgeOrNull,
                reportBatchItemFailures,
                tumblingWindowOrNull,
                filterOrNull,
                onFailureOrNull);
    }

    /** The same with this many retries; -1 for any number. */
    public EventSourceMapping withMaximumRetryAttempts(int retries) {
        return new EventSourceMapping(
                batchSize,
                maximumBatchingWindow,
                parallelizationFactor,
                bisectBatchOnFunctionError,
                retries,
                maximumRecordAgeOrNull,
                reportBatchItemFailures,
                tumblingWindowOrNull,
                filterOrNull,
                onFailureOrNull);
    }

    /** The same for records of at most this age. */
    public EventSourceMapping withMaximumRecordAge(Duration age) {
        return new EventSourceMapping(
                batchSize,
                maximumBatchingWindow,
                parallelizationFactor,
                bisectBatchOnFunctionError,
                maximumRetryAttempts,
                age,
                reportBatchItemFailures,
                tumblingWindowOrNull,
                filterOrNull,
                onFailureOrNull);
    }

    /** The same with or without answers that name records. */
    public EventSourceMapping withReportBatchItemFailures(boolean wanted) {
        return new EventSourceMapping(
                batchSize,
                maximumBatchingWindow,
                parallelizationFactor,
                bisectBatchOnFunctionError,
                maximumRetryAttempts,
                maximumRecordAgeOrNull,
                wanted,
                tumblingWindowOrNull,
                filterOrNull,
                onFailureOrNull);
    }

    /** The same with windows of this length. */
    public EventSourceMapping withTumblingWindow(Duration length) {
        return new EventSourceMapping(
                batchSize,
                maximumBatchingWindow,
                parallelizationFactor,
                bisectBatchOnFunctionError,
                maximumRetryAttempts,
                maximumRecordAgeOrNull,
                reportBatchItemFailures,
                length,
                filterOrNull,
                onFailureOrNull);
    }

    /** The same for those records alone that {@code filter} takes; it is called on several threads. {@link RecordFilter} has Lambda's. */
    public EventSourceMapping withFilter(Predicate<StreamRecord> filter) {
        return new EventSourceMapping(
                batchSize,
                maximumBatchingWindow,
                parallelizationFactor,
                bisectBatchOnFunctionError,
                maximumRetryAttempts,
                maximumRecordAgeOrNull,
                reportBatchItemFailures,
                tumblingWindowOrNull,
                filter,
                onFailureOrNull);
    }

    /** The same with a place for what is given up. {@link OnFailure} has Lambda's; any other sink does as well. */
    public EventSourceMapping withOnFailure(LetterSink sink) {
        return new EventSourceMapping(
                batchSize,
                maximumBatchingWindow,
                parallelizationFactor,
                bisectBatchOnFunctionError,
                maximumRetryAttempts,
                maximumRecordAgeOrNull,
                reportBatchItemFailures,
                tumblingWindowOrNull,
                filterOrNull,
                sink);
    }
}
