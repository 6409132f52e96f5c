package io.millrace.multilang.processor;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.checkpoint.Checkpointer;
import io.millrace.checkpoint.LeaseLostException;
import io.millrace.checkpoint.PreparedCheckpoint;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.processor.ProcessingFailedException;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.lease.LeaseKey;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.multilang.child.ScriptedChildren;
import io.millrace.multilang.line.FromChild;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The conversation with a child, in virtual time: the order of messages, and what becomes of its checkpoints. */
class ChildProcessorTest {
    private static final LeaseKey KEY = new LeaseKey(new StreamName("orders"), ShardId.of(0));
    private static final ShardContext SHARD =
            new ShardContext(KEY.stream(), KEY.shard(), 7, Checkpoint.processed(at(10)));

    private final Simulation sim = new Simulation(1);
    private final ScriptedChildren processes = new ScriptedChildren(sim.newEventLoop("children"));
    private final ChildProcessors processors = new ChildProcessors(processes.children(sim), true);
    private AsyncRecordProcessor processor = processors.get();
    private final Saved saved = new Saved();

    @BeforeEach
    void begin() {
        initialize();
    }

    private void initialize() {
        CompletableFuture<?> initialized = processor.initialize(SHARD).toCompletableFuture();
        pass();
        child().answers("initialize");
        pass();
        assertThat(initialized).isCompleted();
    }

    @Test
    void returningMovesNoCheckpoint() {
        CompletableFuture<?> processed = process(11, 13);
        child().answers("processRecords");
        pass();
        assertThat(processed).isCompleted();
        assertThat(saved.asked).isEmpty();
        assertThat(child().seen).containsExactly("initialize", "processRecords");
    }

    @Test
    void checkpointsGoToTheBatchsCheckpointerWithinTheirBounds() {
        CompletableFuture<?> unused = process(11, 13);
        asks("9", null);
        asks("14", null);
        asks("10", 0L);
        asks("12", null);
        asks("11", null);
        asks(null, null);

        assertThat(child().seen)
                .containsExactly(
                        "initialize",
                        "processRecords",
                        "checkpoint 9 IllegalArgumentException",
                        "checkpoint 14 IllegalArgumentException",
                        "checkpoint 10 null",
                        "checkpoint 12 null",
                        "checkpoint 11 IllegalArgumentException",
                        "checkpoint null null");
        assertThat(saved.asked).containsExactly(at(12), null);
    }

    @Test
    void lostLeaseIsToldAsTheKclTellsIt() {
        CompletableFuture<?> unused = process(11, 13);
        saved.isLost = true;
        asks(null, null);
        asks("10", null);
        assertThat(child().seen).endsWith("checkpoint null ShutdownException", "checkpoint 10 ShutdownException");

        child().answers("processRecords");
        pass();
        CompletableFuture<?> told = processor.leaseLost().toCompletableFuture();
        pass();
        asks(null, null);
        child().answers("leaseLost");
        pass();
        child().ends(0);
        pass();
        assertThat(told).isCompleted();
        assertThat(child().seen).endsWith("leaseLost", "checkpoint null InvalidStateException", "close");
    }

    @Test
    void lateCheckpointCoversWhatItsBatchHadAndNotTheNext() {
        CompletableFuture<?> first = process(11, 13);
        child().answers("processRecords");
        asks(null, null);
        assertThat(first).isCompleted();
        assertThat(saved.asked).containsExactly((RecordPosition) null);

        CompletableFuture<?> unused = process(14, 15);
        asks("13", null);
        assertThat(child().seen).endsWith("checkpoint 13 null");
        assertThat(saved.asked).as("that is saved already").hasSize(1);
    }

    @Test
    void recordsThatAChildCallsProcessedAreCheckpointedAndNoOtherChildGetsThem() {
        CompletableFuture<?> processed = process(11, 13);
        child().says(new FromChild.Status("processRecords", new FromChild.Result.Processed()));
        pass();
        assertThat(processed).isCompleted();
        assertThat(saved.asked).containsExactly((RecordPosition) null);

        CompletableFuture<?> next = process(14, 15);
        child().ends(1);
        pass();
        assertThat(next).as("a failure of these records alone").isCompletedExceptionally();
        assertThat(next.handle((value, error) -> error.getCause()))
                .isCompletedWithValueMatching(ProcessingFailedException.class::isInstance);
    }

    @Test
    void childThatTellsAFailureGoesOnAndGetsTheRecordsAgain() {
        CompletableFuture<?> failed = process(11, 13);
        child().says(new FromChild.Status(
                "processRecords", new FromChild.Result.Failed("ValueError", "at app.py:3 f")));
        pass();
        assertThat(failed.handle((value, error) -> error.getCause()))
                .isCompletedWithValueMatching(error -> error instanceof ProcessingFailedException
                        && String.valueOf(error.getMessage()).contains("ValueError at app.py:3 f"));
        assertThat(saved.asked).isEmpty();

        CompletableFuture<?> again = process(11, 13);
        child().says(new FromChild.Status("processRecords", new FromChild.Result.Processed()));
        pass();
        assertThat(again).isCompleted();
        assertThat(processes.started).as("one child for both").hasSize(1);
    }

    @Test
    void failureInAnotherActionEndsTheChild() {
        CompletableFuture<?> ended = processor.shardEnded(saved).toCompletableFuture();
        pass();
        child().says(new FromChild.Status("shardEnded", new FromChild.Result.Failed("ValueError", "")));
        pass();
        assertThat(child().seen).endsWith("shardEnded", "close", "SIGTERM");
        child().ends(143);
        pass();
        assertThat(ended).isCompletedExceptionally();
    }

    @Test
    void shardsEndIsOverOnceEverythingIsCheckpointed() {
        CompletableFuture<?> unused = process(11, 13);
        child().answers("processRecords");
        pass();
        CompletableFuture<?> ended = processor.shardEnded(saved).toCompletableFuture();
        pass();
        asks(null, null);
        child().answers("shardEnded");
        pass();
        assertThat(ended).isCompleted();
        assertThat(child().seen).endsWith("shardEnded", "checkpoint null null", "close");
    }

    @Test
    void shardsEndWithoutACheckpointIsToldAgainToAnotherChild() {
        CompletableFuture<?> unused = process(11, 13);
        child().answers("processRecords");
        pass();
        CompletableFuture<?> ended = processor.shardEnded(saved).toCompletableFuture();
        pass();
        child().answers("shardEnded");
        pass();
        assertThat(ended).as("until the child is gone").isNotDone();
        child().ends(0);
        pass();
        assertBroken(ended, "answered shardEnded without a checkpoint");
    }

    @Test
    void shutdownIsFollowedByTheLossWhichTheLeaseDoesNotWaitFor() {
        CompletableFuture<?> unused = process(11, 13);
        child().answers("processRecords");
        pass();
        CompletableFuture<?> told = processor.shutdownRequested(saved).toCompletableFuture();
        pass();
        asks("12", null);
        child().answers("shutdownRequested");
        pass();
        assertThat(told).isCompleted();
        assertThat(child().seen).endsWith("shutdownRequested", "checkpoint 12 null", "leaseLost");
        child().answers("leaseLost");
        pass();
        assertThat(child().seen).endsWith("close");
    }

    @Test
    void childThatDiesWhenAllBeforeItsRecordsIsSavedIsAFailureOfTheseAndTheNextGoesOnAtTheCheckpoint() {
        CompletableFuture<?> broken = processor.broken().toCompletableFuture();
        CompletableFuture<?> first = process(11, 13);
        asks("12", null);
        child().ends(1);
        pass();
        assertFailed(first, ProcessingFailedException.class, "exited with code 1 with processRecords in hand");
        assertThat(broken).isNotDone();

        CompletableFuture<?> again = process(13, 13);
        assertThat(processes.started).hasSize(2);
        assertThat(child().places).containsExactly("12");
        child().answers("initialize");
        pass();
        child().answers("processRecords");
        pass();
        assertThat(again).isCompleted();

        child().ends(1);
        pass();
        assertBroken(broken, "exited with code 1");
    }

    @Test
    void childThatDiesWithRecordsInHandWhileFormerOnesAreNotSavedBreaksTheProcessor() {
        CompletableFuture<?> broken = processor.broken().toCompletableFuture();
        CompletableFuture<?> first = process(11, 13);
        asks("12", null);
        child().answers("processRecords");
        pass();
        assertThat(first).isCompleted();
        CompletableFuture<?> second = process(14, 15);
        child().ends(1);
        pass();
        assertBroken(second, "the child of orders/shardId-000000000000 exited with code 1 with processRecords in hand");
        assertThat(broken).as("the outcome of the call says it").isNotDone();
        assertThat(processor.leaseLost().toCompletableFuture()).isCompleted();
        assertThat(processor.shutdownRequested(saved).toCompletableFuture()).isCompleted();
    }

    @Test
    void childThatCannotBeginAnewBreaksTheProcessorWhateverTheRecordsAre() {
        CompletableFuture<?> first = process(11, 13);
        child().ends(1);
        pass();
        assertFailed(first, ProcessingFailedException.class, "exited with code 1");
        CompletableFuture<?> again = process(11, 13);
        child().ends(2);
        pass();
        assertBroken(again, "exited with code 2 with initialize in hand");
    }

    @Test
    void childThatDiesBetweenTwoActionsBreaksTheProcessorAtOnce() {
        CompletableFuture<?> broken = processor.broken().toCompletableFuture();
        assertThat(broken).isNotDone();
        child().ends(137);
        pass();
        assertBroken(broken, "was ended by signal 9");
    }

    /** All is saved, and even so the records are not to blame: the failure policy must not count them. */
    @ParameterizedTest
    @ValueSource(strings = {"answers to nothing", "closes its output", "exits while another holds its output", "ends"})
    void recordsThatNoChildWasToldBreakTheProcessorAndAreNotBlamed(String how) {
        switch (how) {
            case "answers to nothing" -> child().answers("processRecords");
            case "closes its output" -> child().endsOutput();
            case "exits while another holds its output" -> child().exits(0);
            default -> child().ends(0);
        }
        pass();
        CompletableFuture<?> processed = process(11, 13);
        sim.run(Duration.ofMillis(1_100));
        child().exits(143);
        sim.run(Duration.ofMillis(1_100));
        assertFailed(processed, ProcessorBrokenException.class, "the child of orders/shardId-000000000000");
        assertThat(child().seen).doesNotContain("processRecords");
    }

    @Test
    void leaseIsLostOnceTheChildIsGone() {
        CompletableFuture<?> told = processor.leaseLost().toCompletableFuture();
        pass();
        child().answers("leaseLost");
        sim.run(Duration.ofSeconds(1));
        assertThat(child().seen).endsWith("leaseLost", "close");
        assertThat(told).as("another child may begin once it is over").isNotDone();
        child().ends(0);
        pass();
        assertThat(told).isCompleted();
    }

    @Test
    void shardWhoseRecordsNoPolicyCanGiveUpIsWarnedOfOnce() {
        Logger logger = (Logger) LoggerFactory.getLogger(PolicyWarning.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.WARN);
        try {
            CompletableFuture<?> alone = process(11, 11);
            child().ends(1);
            pass();
            assertFailed(alone, ProcessingFailedException.class, "exited with code 1");
            assertThat(log.list).as("the policy counts this one").isEmpty();

            for (int i = 0; i < 2; i++) {
                processor = processors.get();
                initialize();
                CompletableFuture<?> unused = process(11, 13);
                child().answers("processRecords");
                pass();
                CompletableFuture<?> broken = process(14, 15);
                child().ends(1);
                pass();
                assertBroken(broken, "exited with code 1");
            }
            assertThat(log.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .singleElement()
                    .asString()
                    .startsWith("The child of orders/shardId-000000000000 ended with records in hand")
                    .contains("no failure policy can end that: checkpoint more often");
        } finally {
            logger.detachAppender(log);
            logger.setLevel(null);
        }
    }

    private CompletableFuture<?> process(int first, int last) {
        List<StreamRecord> records = IntStream.rangeClosed(first, last)
                .mapToObj(n -> new StreamRecord(at(n), "k", Bytes.empty(), Instant.EPOCH))
                .toList();
        CompletableFuture<?> processed = processor
                .processRecords(new RecordBatch(SHARD, records, 0, 1, saved))
                .toCompletableFuture();
        pass();
        return processed;
    }

    private void asks(@Nullable String number, @Nullable Long sub) {
        child().says(new FromChild.Checkpoint(number, sub));
        pass();
    }

    private ScriptedChildren.Scripted child() {
        return processes.started.get(processes.started.size() - 1);
    }

    private void pass() {
        sim.run(Duration.ofMillis(1));
    }

    private static RecordPosition at(int number) {
        return RecordPosition.of(SequenceNumber.parse(Integer.toString(number)));
    }

    private static void assertBroken(CompletableFuture<?> stage, String why) {
        assertFailed(stage, ProcessorBrokenException.class, why);
    }

    private static void assertFailed(CompletableFuture<?> stage, Class<? extends Throwable> kind, String why) {
        assertThat(stage)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(kind)
                .withMessageContaining(why);
    }

    /** Saves at once. */
    private static final class Saved implements Checkpointer {
        /** The positions; null for everything. */
        final List<@Nullable RecordPosition> asked = new ArrayList<>();

        boolean isLost;

        @Override
        public CompletionStage<Void> checkpointAsync() {
            return save(null);
        }

        @Override
        public CompletionStage<Void> checkpointAsync(RecordPosition position) {
            return save(position);
        }

        private CompletionStage<Void> save(@Nullable RecordPosition position) {
            if (isLost) {
                return CompletableFuture.failedFuture(new LeaseLostException(KEY, 7));
            }
            asked.add(position);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public boolean isLeaseLost() {
            return isLost;
        }

        @Override
        public void checkpoint() {
            throw new UnsupportedOperationException("it blocks");
        }

        @Override
        public void checkpoint(RecordPosition position) {
            throw new UnsupportedOperationException("it blocks");
        }

        @Override
        public PreparedCheckpoint prepare(RecordPosition position, Bytes state) {
            throw new UnsupportedOperationException("children prepare nothing");
        }

        @Override
        public CompletionStage<PreparedCheckpoint> prepareAsync(RecordPosition position, Bytes state) {
            throw new UnsupportedOperationException("children prepare nothing");
        }
    }
}
