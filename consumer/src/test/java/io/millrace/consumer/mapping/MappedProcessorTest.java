package io.millrace.consumer.mapping;

import static io.millrace.consumer.mapping.WindowsTest.record;
import static io.millrace.consumer.mapping.WindowsTest.records;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.checkpoint.PreparedCheckpoint;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessingFailedException;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RetryLaterException;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Partial answers and windows around a function whose answers the test gives. */
class MappedProcessorTest {
    private static final ShardContext SHARD = new ShardContext(
            new StreamName("orders"), ShardId.of(0), 1, new Checkpoint.NotStarted(Position.trimHorizon()));

    private final List<String> calls = new ArrayList<>();
    private final Deque<CompletionStage<BatchAnswer>> answers = new ArrayDeque<>();
    private final List<String> checkpoints = new ArrayList<>();
    private final Saved checkpointer = new Saved();

    private final BatchFunction function = new BatchFunction() {
        @Override
        public CompletionStage<BatchAnswer> invoke(Invocation invocation) {
            StringBuilder call = new StringBuilder();
            invocation
                    .records()
                    .forEach(record -> call.append(record.sequenceNumber()).append(' '));
            TumblingWindow window = invocation.windowOrNull();
            if (window != null) {
                call.append(window.isFinal() ? "final " : "")
                        .append(window.isTerminatedEarly() ? "early " : "")
                        .append(window.state());
            }
            calls.add(call.toString().strip());
            return answers.isEmpty() ? done(BatchAnswer.of("s" + calls.size())) : answers.remove();
        }

        @Override
        public CompletionStage<?> end() {
            calls.add("end");
            return done("");
        }
    };

    @Test
    void answerWithoutFailuresIsSuccess() {
        assertThat(process(reporting(), records(1, 3))).isCompleted();
        assertThat(checkpoints).as("they follow by themselves").isEmpty();
    }

    @Test
    void lowestFailureLeavesBehindWhatIsBeforeIt() {
        answers.add(failures(3, 2));
        assertThat(why(process(reporting(), records(1, 4))))
                .isInstanceOf(ProcessingFailedException.class)
                .hasMessage("the function processed 1 of 4 records and reported a failure at 2");
        assertThat(checkpoints).containsExactly("1");
    }

    @Test
    void failureOfTheFirstRecordLeavesNothingBehindAndOneThatIsNotThereFailsAll() {
        answers.add(failures(1));
        assertThat(why(process(reporting(), records(1, 2)))).isInstanceOf(ProcessingFailedException.class);
        answers.add(failures(9));
        assertThat(why(process(reporting(), records(1, 2)))).hasMessageContaining("not given");
        answers.add(failures(9, 2));
        assertThat(why(process(reporting(), records(1, 2)))).hasMessageContaining("not given");
        assertThat(checkpoints).isEmpty();
    }

    @Test
    void failuresMeanNothingWhereTheMappingDoesNotAskForThem() {
        answers.add(failures(2));
        assertThat(process(EventSourceMapping.DEFAULT, records(1, 3))).isCompleted();
    }

    @Test
    void functionThatThrowsFailsItsBatch() {
        AsyncRecordProcessor processor = EventSourceMapping.DEFAULT
                .processors(() -> invocation -> {
                    throw new IllegalStateException("on purpose");
                })
                .get();
        CompletionStage<?> unused = processor.initialize(SHARD);
        assertThat(why(processor.processRecords(batch(records(1, 1))))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void checkpointStaysWhereTheWindowBeganUntilItsLastCallHasSucceeded() {
        AsyncRecordProcessor processor = windowed();
        succeeds(processor, record(1, 10), record(2, 20));
        succeeds(processor, record(3, 30));
        assertThat(checkpoints).isEmpty();
        succeeds(processor, record(4, 70));

        assertThat(calls).containsExactly("1 2 {}", "3 s1", "final s2", "4 {}");
        assertThat(checkpoints).containsExactly("3");
    }

    @Test
    void lastCallThatFailsComesAgainLaterAndIsNoFaultOfTheRecordsInHand() {
        AsyncRecordProcessor processor = windowed();
        succeeds(processor, record(1, 10));
        answers.add(failed(new ProcessingFailedException("on purpose", null)));
        assertThat(why(process(processor, record(2, 70)))).isInstanceOf(RetryLaterException.class);
        assertThat(checkpoints).isEmpty();
        assertThat(process(processor, record(2, 70))).isCompleted();

        assertThat(calls).containsExactly("1 {}", "final s1", "final s1", "2 {}");
        assertThat(checkpoints).containsExactly("1");
    }

    @Test
    void processorThatBrokeInALastCallIsOfNoUse() {
        AsyncRecordProcessor processor = windowed();
        succeeds(processor, record(1, 10));
        answers.add(failed(new ProcessorBrokenException("on purpose", null)));
        assertThat(why(process(processor, record(2, 70)))).isInstanceOf(ProcessorBrokenException.class);
    }

    @Test
    void callThatFailsComesAgainWithTheStateOfBefore() {
        AsyncRecordProcessor processor = windowed();
        succeeds(processor, record(1, 10));
        answers.add(done(BatchAnswer.PROCESSED));
        assertThat(why(process(processor, record(2, 20)))).hasMessageContaining("no state");
        assertThat(process(processor, record(2, 20))).isCompleted();
        assertThat(calls).containsExactly("1 {}", "2 s1", "2 s1");
    }

    @Test
    void windowEndsOnceReadsThatFoundNothingAreBeyondIt() {
        AsyncRecordProcessor processor = windowed();
        assertThat(nothingUpTo(processor, null)).isCompleted();
        succeeds(processor, record(1, 10));
        assertThat(nothingUpTo(processor, null)).isCompleted();
        assertThat(nothingUpTo(processor, Instant.ofEpochSecond(60))).isCompleted();
        assertThat(calls).as("a second of margin").containsExactly("1 {}");
        assertThat(nothingUpTo(processor, Instant.ofEpochSecond(61))).isCompleted();
        assertThat(nothingUpTo(processor, Instant.ofEpochSecond(62))).isCompleted();

        assertThat(calls).containsExactly("1 {}", "final s1");
        assertThat(checkpoints).containsExactly("1");
    }

    @Test
    void shardsEndClosesTheWindowAndSavesAll() {
        AsyncRecordProcessor processor = windowed();
        succeeds(processor, record(1, 10));
        answers.add(failed(new ProcessingFailedException("on purpose", null)));
        assertThat(processor.shardEnded(checkpointer).toCompletableFuture()).isCompletedExceptionally();
        assertThat(checkpoints).isEmpty();
        assertThat(processor.shardEnded(checkpointer).toCompletableFuture()).isCompleted();

        assertThat(calls).containsExactly("1 {}", "final s1", "final s1", "end");
        assertThat(checkpoints).containsExactly("all");
    }

    @Test
    void stateThatGrowsTooLargeEndsItsWindowEarly() {
        AsyncRecordProcessor processor = windowed();
        answers.add(done(BatchAnswer.of("x".repeat(1_000_001))));
        succeeds(processor, record(1, 10));
        succeeds(processor, record(2, 11));

        assertThat(calls.get(1)).startsWith("final early x");
        assertThat(calls.get(2)).isEqualTo("2 {}");
        assertThat(checkpoints).containsExactly("1");
    }

    @Test
    void manyWindowsInABatchNeedNoDeepStack() {
        AsyncRecordProcessor processor = mapped(EventSourceMapping.DEFAULT.withTumblingWindow(Duration.ofSeconds(1)));
        assertThat(processor.processRecords(batch(records(1, 10_000))).toCompletableFuture())
                .isCompleted();
        assertThat(calls).hasSize(19_999);
    }

    private static EventSourceMapping reporting() {
        return EventSourceMapping.DEFAULT.withReportBatchItemFailures(true);
    }

    private AsyncRecordProcessor windowed() {
        return mapped(EventSourceMapping.DEFAULT.withTumblingWindow(Duration.ofMinutes(1)));
    }

    private AsyncRecordProcessor mapped(EventSourceMapping mapping) {
        AsyncRecordProcessor processor = mapping.processors(() -> function).get();
        CompletionStage<?> unused = processor.initialize(SHARD);
        return processor;
    }

    private CompletableFuture<?> process(EventSourceMapping mapping, List<StreamRecord> records) {
        return mapped(mapping).processRecords(batch(records)).toCompletableFuture();
    }

    private CompletableFuture<?> process(AsyncRecordProcessor processor, StreamRecord... records) {
        return processor.processRecords(batch(List.of(records))).toCompletableFuture();
    }

    private CompletableFuture<?> nothingUpTo(AsyncRecordProcessor processor, @Nullable Instant time) {
        return processor
                .processRecords(new RecordBatch(SHARD, List.of(), 0, 1, checkpointer, time))
                .toCompletableFuture();
    }

    private void succeeds(AsyncRecordProcessor processor, StreamRecord... records) {
        assertThat(process(processor, records)).isCompleted();
    }

    private RecordBatch batch(List<StreamRecord> records) {
        return new RecordBatch(SHARD, records, 0, 1, checkpointer);
    }

    private static Throwable why(CompletionStage<?> stage) {
        return stage.handle((value, error) -> {
                    Throwable cause = error == null ? new AssertionError("it succeeded") : error;
                    return cause.getCause() == null ? cause : cause.getCause();
                })
                .toCompletableFuture()
                .join();
    }

    private static CompletionStage<BatchAnswer> failures(int... numbers) {
        List<SequenceNumber> failures = new ArrayList<>();
        for (int number : numbers) {
            failures.add(SequenceNumber.parse(Integer.toString(number)));
        }
        return done(new BatchAnswer(failures, null));
    }

    private static <T> CompletionStage<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }

    private static CompletionStage<BatchAnswer> failed(RuntimeException error) {
        return CompletableFuture.failedFuture(error);
    }

    /** Notes what is saved. */
    private final class Saved implements Checkpointer {
        @Override
        public void checkpoint() {
            throw new AssertionError("blocks");
        }

        @Override
        public void checkpoint(RecordPosition position) {
            throw new AssertionError("blocks");
        }

        @Override
        public CompletionStage<Void> checkpointAsync() {
            checkpoints.add("all");
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Void> checkpointAsync(RecordPosition position) {
            checkpoints.add(position.sequenceNumber().toString());
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public PreparedCheckpoint prepare(RecordPosition position, Bytes state) {
            throw new AssertionError("blocks");
        }

        @Override
        public CompletionStage<PreparedCheckpoint> prepareAsync(RecordPosition position, Bytes state) {
            throw new AssertionError("nobody prepares");
        }

        @Override
        public boolean isLeaseLost() {
            return false;
        }
    }
}
