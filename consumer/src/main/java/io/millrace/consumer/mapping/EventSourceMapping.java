package io.millrace.consumer.mapping;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.delivery.Batching;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.util.function.Consumer;
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
 * @param maximumRecordAgeOrNull how old records may be when they are handed out, 60 s to 7 d; absent, any age. With windows they may
 *     be older by the length of one, so that a window that is gathered anew is whole
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
            limits = limits.orExpired(expiry(maximumRecordAgeOrNull));
        } else if (maximumRetryAttempts < 0 && !bisectBatchOnFunctionError) {
            return FailurePolicy.retryForever();
        }
        if (bisectBatchOnFunctionError) {
            limits = limits.bisecting();
        }
        return onFailureOrNull == null ? limits.thenSkip() : limits.thenLetter(onFailureOrNull);
    }

    /**
     * Records come again after a move of their shard until their window is closed. So where there are windows they are too old once
     * the window may have ended so long ago: those of an open window are gathered anew, however long it is.
     */
    private Duration expiry(Duration age) {
        return tumblingWindowOrNull == null ? age : age.plus(tumblingWindowOrNull);
    }

    /** Processors that call functions, one each. */
    public Supplier<AsyncRecordProcessor> processors(Supplier<? extends BatchFunction> functions) {
        return () -> new MappedProcessor(requireNonNull(functions.get(), "the function's factory returned null"), this);
    }

    /** The same with batches of at most this many records. */
    public EventSourceMapping withBatchSize(int most) {
        return with(draft -> draft.batchSize = most);
    }

    /** The same with this time to wait for a full batch. */
    public EventSourceMapping withMaximumBatchingWindow(Duration time) {
        return with(draft -> draft.maximumBatchingWindow = time);
    }

    /** The same with this many batches of a shard at once. */
    public EventSourceMapping withParallelizationFactor(int batches) {
        return with(draft -> draft.parallelizationFactor = batches);
    }

    /** The same with or without halves of batches that fail. */
    public EventSourceMapping withBisectBatchOnFunctionError(boolean wanted) {
        return with(draft -> draft.bisectBatchOnFunctionError = wanted);
    }

    /** The same with this many retries; -1 for any number. */
    public EventSourceMapping withMaximumRetryAttempts(int retries) {
        return with(draft -> draft.maximumRetryAttempts = retries);
    }

    /** The same for records of at most this age. */
    public EventSourceMapping withMaximumRecordAge(Duration age) {
        return with(draft -> draft.maximumRecordAge = age);
    }

    /** The same with or without answers that name records. */
    public EventSourceMapping withReportBatchItemFailures(boolean wanted) {
        return with(draft -> draft.reportBatchItemFailures = wanted);
    }

    /** The same with windows of this length. */
    public EventSourceMapping withTumblingWindow(Duration length) {
        return with(draft -> draft.tumblingWindow = length);
    }

    /** The same for those records alone that {@code filter} takes; it is called on several threads. {@link RecordFilter} has Lambda's. */
    public EventSourceMapping withFilter(Predicate<StreamRecord> filter) {
        return with(draft -> draft.filter = filter);
    }

    /** The same with a place for what is given up. {@link OnFailure} has Lambda's; any other sink does as well. */
    public EventSourceMapping withOnFailure(LetterSink sink) {
        return with(draft -> draft.onFailure = sink);
    }

    private EventSourceMapping with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.done();
    }

    /** The options while one of them is changed. */
    private static final class Draft {
        private int batchSize;
        private Duration maximumBatchingWindow;
        private int parallelizationFactor;
        private boolean bisectBatchOnFunctionError;
        private int maximumRetryAttempts;
        private @Nullable Duration maximumRecordAge;
        private boolean reportBatchItemFailures;
        private @Nullable Duration tumblingWindow;
        private @Nullable Predicate<StreamRecord> filter;
        private @Nullable LetterSink onFailure;

        Draft(EventSourceMapping from) {
            this.batchSize = from.batchSize;
            this.maximumBatchingWindow = from.maximumBatchingWindow;
            this.parallelizationFactor = from.parallelizationFactor;
            this.bisectBatchOnFunctionError = from.bisectBatchOnFunctionError;
            this.maximumRetryAttempts = from.maximumRetryAttempts;
            this.maximumRecordAge = from.maximumRecordAgeOrNull;
            this.reportBatchItemFailures = from.reportBatchItemFailures;
            this.tumblingWindow = from.tumblingWindowOrNull;
            this.filter = from.filterOrNull;
            this.onFailure = from.onFailureOrNull;
        }

        EventSourceMapping done() {
            return new EventSourceMapping(
                    batchSize,
                    maximumBatchingWindow,
                    parallelizationFactor,
                    bisectBatchOnFunctionError,
                    maximumRetryAttempts,
                    maximumRecordAge,
                    reportBatchItemFailures,
                    tumblingWindow,
                    filter,
                    onFailure);
        }
    }
}
