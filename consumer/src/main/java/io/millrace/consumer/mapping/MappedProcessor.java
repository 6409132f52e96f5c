package io.millrace.consumer.mapping;

import static java.util.Objects.requireNonNull;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.mapping.Windows.Step;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessingFailedException;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RetryLaterException;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a function with a lane's batches, and acts on what it answers. Without windows what it has processed is left behind, whatever
 * follows. With windows nothing is until the last call for a window has succeeded: the state lives here alone, so whoever has the
 * shard next gathers the window's records anew. Called by the worker, one call at a time.
 */
final class MappedProcessor implements AsyncRecordProcessor {
    private static final Logger log = LoggerFactory.getLogger(MappedProcessor.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(30));

    /** A record may be readable a moment after the time that the service gave it. */
    private static final Duration MARGIN = Duration.ofSeconds(1);

    private final BatchFunction function;
    private final boolean isReporting;
    private final @Nullable Windows windows;

    private @Nullable ShardContext shard;
    private int failedCloses;

    MappedProcessor(BatchFunction function, EventSourceMapping mapping) {
        this.function = function;
        this.isReporting = mapping.reportBatchItemFailures();
        Duration length = mapping.tumblingWindowOrNull();
        this.windows = length == null ? null : new Windows(length);
    }

    @Override
    public CompletionStage<?> initialize(ShardContext context) {
        shard = context;
        return function.start(context);
    }

    @Override
    public CompletionStage<?> leaseLost() {
        return function.end();
    }

    @Override
    public CompletionStage<?> shutdownRequested(Checkpointer checkpointer) {
        return function.end();
    }

    @Override
    public CompletionStage<?> shardEnded(Checkpointer checkpointer) {
        if (windows == null) {
            return function.end();
        }
        return windows.over()
                .map(step -> call(List.of(), step.window(), checkpointer).thenAccept(state -> windows.closed()))
                .orElseGet(() -> CompletableFuture.completedFuture(null))
                .thenCompose(closed -> checkpointer.checkpointAsync())
                .thenCompose(saved -> function.end());
    }

    @Override
    public CompletionStage<?> processRecords(RecordBatch batch) {
        return windows == null ? plain(batch) : gather(batch, windows);
    }

    // Without windows.

    private CompletionStage<Void> plain(RecordBatch batch) {
        return invoke(new Invocation(context(), batch.records(), null, batch::isLeaseLost))
                .thenAccept(answer -> {
                    Optional<SequenceNumber> lowest = lowest(answer);
                    if (lowest.isPresent()) {
                        throw partly(batch, answer.failures(), lowest.get());
                    }
                });
    }

    private Optional<SequenceNumber> lowest(BatchAnswer answer) {
        return isReporting ? answer.failures().stream().min(Comparator.naturalOrder()) : Optional.empty();
    }

    /** Leaves behind what is processed of {@code batch}: what is before the {@code lowest} of its failures. */
    private static ProcessingFailedException partly(
            RecordBatch batch, List<SequenceNumber> failures, SequenceNumber lowest) {
        List<SequenceNumber> given =
                batch.records().stream().map(StreamRecord::sequenceNumber).toList();
        if (!Set.copyOf(given).containsAll(failures)) {
            return new ProcessingFailedException(
                    "the function reported the failure of a record that it was not given", null);
        }
        int first = given.indexOf(lowest);
        if (first > 0) {
            // Declared before the failure is told; that it is saved, too, need not be waited for.
            CompletionStage<Void> unused = batch.checkpointer()
                    .checkpointAsync(batch.records().get(first - 1).position());
        }
        return new ProcessingFailedException(
                "the function processed " + first + " of " + given.size() + " records and reported a failure at "
                        + lowest,
                null);
    }

    // With windows.

    private CompletionStage<?> gather(RecordBatch batch, Windows gathering) {
        if (batch.records().isEmpty()) {
            return timeHasPassed(batch, gathering);
        }
        return steps(batch, gathering);
    }

    private CompletableFuture<Void> steps(RecordBatch batch, Windows gathering) {
        while (true) {
            Optional<Step> next = gathering.next(batch.records());
            if (next.isEmpty()) {
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<Void> step = step(next.get(), batch, gathering);
            if (!step.isDone()) {
                return step.thenCompose(done -> steps(batch, gathering));
            }
            if (step.isCompletedExceptionally()) {
                return step;
            }
        }
    }

    private CompletableFuture<Void> step(Step step, RecordBatch batch, Windows gathering) {
        if (step instanceof Step.Gather gather) {
            return call(gather.records(), gather.window(), batch.checkpointer())
                    .thenAccept(state -> gathering.gathered(gather, state));
        }
        return close((Step.Close) step, batch.checkpointer(), gathering);
    }

    private CompletableFuture<Void> timeHasPassed(RecordBatch batch, Windows gathering) {
        Instant readUpTo = batch.readUpToOrNull();
        return Optional.ofNullable(readUpTo)
                .flatMap(time -> gathering.ended(time.minus(MARGIN)))
                .map(step -> close(step, batch.checkpointer(), gathering))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    /** Nothing goes on before the last call for a window has succeeded; that it fails is no fault of the records in hand. */
    private CompletableFuture<Void> close(Step.Close step, Checkpointer checkpointer, Windows gathering) {
        return call(List.of(), step.window(), checkpointer).handle((state, error) -> {
            if (error != null) {
                throw cause(error) instanceof ProcessorBrokenException broken ? broken : again(step, cause(error));
            }
            failedCloses = 0;
            gathering.closed();
            CompletionStage<Void> unused = checkpointer.checkpointAsync(step.last());
            return null;
        });
    }

    private RetryLaterException again(Step.Close step, Throwable error) {
        failedCloses++;
        Duration wait = BACKOFF.delay(failedCloses, () -> 0L);
        if (Integer.bitCount(failedCloses) == 1) {
            log.warn(
                    "{}/{}: the last call for {} has failed {} times in a row, and nothing goes on before it succeeds: {}",
                    context().stream(),
                    context().shard(),
                    step.window(),
                    failedCloses,
                    error instanceof ProcessingFailedException
                            ? error.getMessage()
                            : error.getClass().getName());
        }
        return new RetryLaterException(wait);
    }

    /** The window's new state. */
    private CompletableFuture<String> call(
            List<StreamRecord> records, TumblingWindow window, Checkpointer checkpointer) {
        return invoke(new Invocation(context(), records, window, checkpointer::isLeaseLost))
                .thenApply(answer -> {
                    if (lowest(answer).isPresent()) {
                        throw new ProcessingFailedException(
                                "the function reported the failure of records of a window, which fails the whole call",
                                null);
                    }
                    String state = answer.stateOrNull();
                    if (state == null) {
                        throw new ProcessingFailedException("the function answered no state for its window", null);
                    }
                    return state;
                })
                .toCompletableFuture();
    }

    private CompletionStage<BatchAnswer> invoke(Invocation invocation) {
        try {
            return requireNonNull(function.invoke(invocation), "the function returned null instead of a stage");
        } catch (RuntimeException thrown) {
            return CompletableFuture.failedFuture(thrown);
        }
    }

    private ShardContext context() {
        return requireNonNull(shard, "the processor is not initialized");
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
