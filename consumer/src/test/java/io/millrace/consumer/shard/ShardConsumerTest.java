package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.Warnings;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.health.WorkerHealth;
import io.millrace.consumer.health.WorkerHealth.Stuck;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.consumer.watch.RunningCall;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One consumer, whose source and user code the test plays itself. */
class ShardConsumerTest {
    private static final StreamName STREAM = new StreamName("orders");
    private static final ShardId SHARD = ShardId.of(0);

    private final Simulation sim = new Simulation(1);
    private final EventLoop loop = sim.newEventLoop("worker");
    private final FakeLeases leases = new FakeLeases(sim, STREAM);
    private final FakeLeases.Fake lease = leases.take(SHARD);
    private final PlayedSource source = new PlayedSource();
    private final Recorder processor = new Recorder();
    private final List<ConsumerEnd> ends = new ArrayList<>();
    private final HeldCalls calls = new HeldCalls();
    private final Owner owner = new Owner();
    private final TestParts common = new TestParts(sim, loop);
    private final ConsumerParts parts = common.of(
            owner,
            (PlainSources) (stream, shard, keys, from, listener) -> source.open(from, listener),
            calls,
            () -> new BlockingProcessor(processor),
            DeliverySettings.DEFAULT);
    private final ShardConsumer consumer = new ShardConsumer(lease, parts);

    @Test
    void theProcessorIsCalledInOrderAndReadingGoesOnWhileItIsPrepared() {
        consumer.start();
        assertThat(source.from).isEqualTo(Position.trimHorizon());
        assertThat(source.requests).isZero();
        prepare();
        assertThat(source.requests).isOne();
        give(1, 3);
        assertThat(source.released).isZero();
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "1..3");
        assertThat(source.released).isEqualTo(3);
        assertThat(source.requests).isEqualTo(2);
        assertThat(lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(3)));
    }

    @Test
    void anInitializeThatThrowsIsCalledAgain() {
        processor.throwing = "initialize";
        consumer.start();
        prepare();
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.INITIALIZE_FAILED);
        assertThat(consumer.health().failure().orElseThrow()).contains("initialize threw");
        processor.throwing = "";
        sim.run(Duration.ofSeconds(1));
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "initialize");
        assertThat(consumer.health().isFailing()).isFalse();
        assertThat(source.requests).isOne();
    }

    @Test
    void aDrainLetsTheBatchInHandEndAndGivesTheLeaseBackAfterTheCheckpoint() {
        consumer.start();
        prepare();
        give(1, 3);
        consumer.drain(Duration.ofSeconds(8));
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.PROCESSING);
        returnFromUser();
        assertThat(source.isClosed).isTrue();
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "1..3", "shutdownRequested");
        assertThat(ends).containsExactly(new ConsumerEnd.Released());
        assertThat(lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(3)));
        assertThat(lease.row.holder).isNull();
    }

    @Test
    void aShardThatBringsRecordsIsGivenBackRightAfterItsNextBatch() {
        consumer.start();
        prepare();
        give(1, 3);
        returnFromUser();
        consumer.drain(Duration.ofSeconds(8));
        sim.run(Duration.ofMillis(200));
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.FETCHING);
        give(4, 4);
        sim.run(Duration.ofSeconds(1));
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.PROCESSING);
        returnFromUser();
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "1..3", "4..4", "shutdownRequested");
        assertThat(ends).containsExactly(new ConsumerEnd.Released());
        assertThat(lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(4)));
    }

    @Test
    void aShardWhoseNextBatchDoesNotComeSoonIsGivenBackWithoutIt() {
        consumer.start();
        prepare();
        give(1, 3);
        returnFromUser();
        consumer.drain(Duration.ofSeconds(8));
        sim.run(Duration.ofMillis(260));
        returnFromUser();
        assertThat(ends).containsExactly(new ConsumerEnd.Released());
    }

    @Test
    void aWorkerInAHurryWaitsForTheNextBatchOnlyAQuarterOfItsTime() {
        consumer.start();
        prepare();
        give(1, 3);
        returnFromUser();
        consumer.drain(Duration.ofMillis(40));
        sim.run(Duration.ofMillis(11));
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.DRAINING);
    }

    @Test
    void aShardWithNothingNewIsGivenBackAtOnce() {
        consumer.start();
        prepare();
        give(1, 3);
        returnFromUser();
        source.listener().idle(0, null);
        consumer.drain(Duration.ofSeconds(8));
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.DRAINING);
    }

    @Test
    void whatIsProcessedIsSavedThoughTheProcessorDoesNotComeToAnEndInTime() {
        processTwoBatches();
        give(7, 9);
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.PROCESSING);
        assertThat(lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(3)));
        consumer.drain(Duration.ofMillis(400));
        sim.run(Duration.ofMillis(350));
        assertThat(lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(6)));
    }

    @Test
    void whatIsProcessedIsSavedThoughTheProcessorTakesLongToShutDown() {
        processTwoBatches();
        source.listener().idle(0, null);
        consumer.drain(Duration.ofMillis(400));
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.DRAINING);
        sim.run(Duration.ofMillis(350));
        assertThat(lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(6)));
    }

    @Test
    void aLeaseThatTurnsOutLostWhenItIsGivenBackIsToldAsLost() {
        consumer.start();
        prepare();
        give(1, 3);
        lease.row.epoch++;
        consumer.drain(Duration.ofSeconds(8));
        returnFromUser();
        returnFromUser();
        assertThat(ends)
                .containsExactly(
                        new ConsumerEnd.Lost("another worker owned the shard when its last checkpoint was saved"));
    }

    @Test
    void aDrainInTheMidstOfRetriesLeavesTheBatchToTheNextOwner() {
        processor.throwing = "1..3";
        consumer.start();
        prepare();
        give(1, 3);
        returnFromUser();
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.BATCH_FAILED);
        consumer.drain(Duration.ofSeconds(8));
        sim.run(Duration.ofMillis(1));
        returnFromUser();
        assertThat(ends).containsExactly(new ConsumerEnd.Released());
        assertThat(lease.row.checkpoint).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
    }

    @Test
    void aDrainBeforeTheProcessorIsPreparedCallsNothingMore() {
        processor.throwing = "initialize";
        consumer.start();
        prepare();
        consumer.drain(Duration.ofSeconds(8));
        sim.run(Duration.ofSeconds(1));
        assertThat(processor.calls).containsExactly("initialize");
        assertThat(ends).containsExactly(new ConsumerEnd.Released());
    }

    @Test
    void aLeaseLostWhileTheUserWorksIsToldOnceItReturnsAndTheResultIsIgnored() {
        consumer.start();
        prepare();
        give(1, 3);
        lease.valid = false;
        consumer.lost("taken by force");
        sim.run(Duration.ofSeconds(1));
        assertThat(processor.calls).containsExactly("initialize");
        calls.runUserCode();
        calls.finish();
        sim.run(Duration.ofSeconds(1));
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "leaseLost");
        assertThat(ends).containsExactly(new ConsumerEnd.Lost("taken by force"));
        assertThat(lease.row.checkpoint).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
    }

    @Test
    void recordsAreNotHandedOutOnceTheLeaseIsNotProven() {
        consumer.start();
        prepare();
        lease.valid = false;
        give(1, 3);
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "leaseLost");
        assertThat(ends).hasSize(1);
    }

    @Test
    void anEndIsToldBeforeTheLeaseIsFinishedAndAgainIfItThrows() {
        processor.throwing = "shardEnded";
        consumer.start();
        prepare();
        end();
        returnFromUser();
        assertThat(lease.row.checkpoint.isShardEnd()).isFalse();
        processor.throwing = "";
        sim.run(Duration.ofSeconds(1));
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "shardEnded", "shardEnded");
        assertThat(lease.row.checkpoint.isShardEnd()).isTrue();
        assertThat(ends).containsExactly(new ConsumerEnd.Ended(List.of()));
    }

    @Test
    void childrenThatTheServiceDidNotNameAreLookedUp() {
        owner.shards = List.of(shard(0), shard(1, SHARD), shard(2, SHARD));
        consumer.start();
        prepare();
        end();
        returnFromUser();
        assertThat(lease.row.children)
                .extracting(child -> child.id().value())
                .containsExactly("shardId-000000000001", "shardId-000000000002");
    }

    @Test
    void shardThatTheStreamNoLongerListsIsEnded() {
        owner.shards = List.of(shard(1, SHARD));
        consumer.start();
        prepare();
        gone();
        List<ChildShard> children = requireNonNull(source.endsWith);
        loop.execute(() -> source.listener().shardEnded(children));
        sim.run(Duration.ofMillis(1));
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "shardEnded");
        assertThat(ends)
                .containsExactly(new ConsumerEnd.Ended(List.of(shard(1, SHARD).asChild())));
    }

    @Test
    void aShardThatIsGoneWithItsStreamOnlyFails() {
        owner.shards = null;
        consumer.start();
        prepare();
        gone();
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.FETCHING);
        assertThat(consumer.health().failure().orElseThrow()).startsWith("cannot be read (GONE)");
        assertThat(source.isClosed).isFalse();
        give(1, 1);
        assertThat(consumer.health().isFailing()).isFalse();
    }

    @Test
    void throttlingNowAndThenIsNoFailure() {
        consumer.start();
        prepare();
        source.listener().trouble(new SourceTrouble(ShardReadException.Kind.THROTTLED, 3, "Rate exceeded"));
        assertThat(consumer.health().isFailing()).isFalse();
        source.listener().trouble(new SourceTrouble(ShardReadException.Kind.THROTTLED, 8, "Rate exceeded"));
        assertThat(consumer.health().isFailing()).isTrue();
        source.listener().idle(0, null);
        assertThat(consumer.health().isFailing()).isFalse();
    }

    @Test
    void everyStateButTheLastLeadsOnAndLosingIsPossibleFromEverywhere() {
        for (ShardState state : ShardState.values()) {
            boolean over = state == ShardState.DONE || state == ShardState.LOSING;
            assertThat(ShardState.TRANSITIONS.allows(state, ShardState.LOSING)).isEqualTo(!over);
            assertThat(ShardState.TRANSITIONS.allows(ShardState.DONE, state)).isFalse();
            assertThat(ShardState.TRANSITIONS.allows(state, state)).isFalse();
        }
    }

    @Test
    void batchThatIsCheckpointedWhollyDuringThePauseIsLeftBehind() throws Exception {
        processor.throwing = "1..3";
        consumer.start();
        prepare();
        give(1, 3);
        fail();
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.BATCH_FAILED);
        onAThreadOfItsOwn(() -> checkpointer().checkpoint());
        sim.run(Duration.ofSeconds(1));
        assertThat(consumer.health().state()).isEqualTo(ShardPhase.FETCHING);
        assertThat(consumer.health().isFailing()).isFalse();
        assertThat(source.requests).isEqualTo(2);
        assertThat(common.meters.get("millrace.records.processed").counter().count())
                .isEqualTo(3);
        give(4, 5);
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "1..3", "4..5");
        assertThat(lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(5)));
    }

    @Test
    void attemptAndBackoffBeginAnewOnceThereIsProgressInsideABatch() throws Exception {
        processor.throwing = "1..3";
        consumer.start();
        prepare();
        give(1, 3);
        for (int i = 0; i < 5; i++) {
            fail();
            sim.run(Duration.ofSeconds(3));
        }
        assertThat(processor.attempts).containsExactly(1, 2, 3, 4, 5);
        calls.runUserCode();
        onAThreadOfItsOwn(() -> checkpointer().checkpoint(at(1)));
        calls.finish();
        sim.run(Duration.ofMillis(101));
        processor.throwing = "2..3";
        fail();
        assertThat(processor.calls).endsWith("1..3", "2..3");
        assertThat(processor.attempts).endsWith(6, 2);
        onAThreadOfItsOwn(() -> checkpointer().checkpoint(at(2)));
        sim.run(Duration.ofSeconds(3));
        returnFromUser();
        assertThat(processor.calls).endsWith("2..3", "3..3");
        assertThat(processor.attempts).endsWith(2, 2);
        assertThat(common.meters.get("millrace.records.processed").counter().count())
                .isEqualTo(3);
    }

    @Test
    void shardTakenAgainWaitsForTheCallOfItsLostOwnershipAndSaysSo() {
        consumer.start();
        prepare();
        give(1, 3);
        calls.runUserCode();
        lease.valid = false;
        consumer.lost("taken by force");
        FakeLeases.Fake again = leases.take(SHARD);
        ShardConsumer second = new ShardConsumer(again, parts);
        second.start();
        sim.run(Duration.ofMinutes(2));
        assertThat(second.health().state()).isEqualTo(ShardPhase.WAITING);
        assertThat(second.health().stuck().orElseThrow().waitsFor())
                .isEqualTo("a call of epoch " + lease.epoch() + " to return");
        assertThat(consumer.health().stuck().orElseThrow().waitsFor()).isEqualTo("processRecords");
        calls.finish();
        sim.run(Duration.ofMillis(50));
        assertThat(second.health().state()).as("leaseLost is still to return").isEqualTo(ShardPhase.WAITING);
        returnFromUser();
        assertThat(second.health().state()).isEqualTo(ShardPhase.INITIALIZING);
        returnFromUser();
        assertThat(second.health().state()).isEqualTo(ShardPhase.FETCHING);
        assertThat(processor.calls).containsExactly("initialize", "1..3", "leaseLost", "initialize");
    }

    @Test
    void ownershipThatEndsWhileItWaitsIsNeverBegunAndLetsTheNextOneIn() {
        consumer.start();
        lease.valid = false;
        consumer.lost("taken by force");
        ShardConsumer second = new ShardConsumer(leases.take(SHARD), parts);
        second.start();
        ShardConsumer third = new ShardConsumer(leases.take(SHARD), parts);
        third.start();
        second.lost("taken by force again");
        third.drain(Duration.ofSeconds(1));
        sim.run(Duration.ofSeconds(1));
        assertThat(ends).hasSize(2);
        ShardConsumer fourth = new ShardConsumer(leases.take(SHARD), parts);
        fourth.start();
        assertThat(fourth.health().state()).isEqualTo(ShardPhase.WAITING);
        returnFromUser();
        assertThat(fourth.health().state()).isEqualTo(ShardPhase.WAITING);
        returnFromUser();
        assertThat(fourth.health().state()).isEqualTo(ShardPhase.INITIALIZING);
        returnFromUser();
        assertThat(processor.calls).containsExactly("initialize", "leaseLost", "initialize");
    }

    @Test
    void lagGrowsWhileABatchFailsOrHangsOrReadingFails() {
        consumer.start();
        prepare();
        source.listener().idle(0, null);
        sim.run(Duration.ofMinutes(5));
        assertThat(consumer.health().millisBehindLatest()).as("caught up").isZero();
        give(1, 3);
        sim.run(Duration.ofHours(1));
        assertThat(lagMillis())
                .as("hangs")
                .isGreaterThanOrEqualTo(Duration.ofHours(1).toMillis());
        processor.throwing = "1..3";
        fail();
        sim.run(Duration.ofHours(1));
        assertThat(lagMillis())
                .as("fails")
                .isGreaterThanOrEqualTo(Duration.ofHours(2).toMillis());
        processor.throwing = "";
        returnFromUser();
        assertThat(lagMillis()).isZero();
        source.listener().trouble(new SourceTrouble(ShardReadException.Kind.TRANSIENT, 1, "no answer"));
        sim.run(Duration.ofHours(1));
        assertThat(lagMillis())
                .as("cannot be read")
                .isGreaterThanOrEqualTo(Duration.ofHours(1).toMillis());
        source.listener().idle(0, null);
        assertThat(lagMillis()).isZero();
    }

    @Test
    void callThatHangsIsToldOnceShownAndMeasuredUntilItReturns() {
        List<Stuck> told = new ArrayList<>();
        Watchdog watchdog = new Watchdog(
                loop,
                new ConsumerMeters(common.meters),
                common.oversight,
                () -> List.of(consumer),
                (lease, stuck) -> told.add(stuck));
        consumer.start();
        prepare();
        give(1, 3);
        Instant since = sim.clock().instant();
        loop.execute(watchdog::watch);
        try (Warnings log = new Warnings("io.millrace.consumer")) {
            sim.run(Duration.ofMinutes(10));
            assertThat(log.lines())
                    .first()
                    .asString()
                    .contains("orders/shardId-000000000000", "waits for processRecords");
            assertThat(log.lines()).hasSizeLessThan(11);
        }
        assertThat(told).singleElement().satisfies(stuck -> {
            assertThat(stuck.waitsFor()).isEqualTo("processRecords");
            assertThat(stuck.since()).isBetween(since.minusMillis(10), since);
        });
        assertThat(consumer.health().isStuck()).isTrue();
        assertThat(new WorkerHealth(true, true, List.of(consumer.health())).healthy())
                .isFalse();
        assertThat(common.meters
                        .get("millrace.shard.stuck")
                        .tag("waits.for", "processRecords")
                        .gauge()
                        .value())
                .isGreaterThan(590);
        returnFromUser();
        assertThat(consumer.health().isStuck()).isFalse();
        sim.run(Duration.ofMinutes(1));
        assertThat(common.meters.find("millrace.shard.stuck").gauge()).isNull();
        assertThat(told).hasSize(1);
    }

    private long lagMillis() {
        return (long) common.meters.get("millrace.behind.latest").timeGauge().value(TimeUnit.MILLISECONDS);
    }

    private Checkpointer checkpointer() {
        return requireNonNull(processor.checkpointer);
    }

    /** Lets the user's code run and throw, and stays inside the pause that follows. */
    private void fail() {
        calls.runUserCode();
        calls.finish();
        sim.run(Duration.ofMillis(1));
    }

    /** Makes a checkpoint as a thread of the user's own does, while the worker's loop goes on. */
    private void onAThreadOfItsOwn(Runnable checkpoint) throws InterruptedException {
        Thread thread = new Thread(checkpoint, "user");
        thread.start();
        while (thread.getState() == Thread.State.NEW || thread.getState() == Thread.State.RUNNABLE) {
            Thread.onSpinWait();
        }
        sim.run(Duration.ofMillis(30));
        thread.join();
    }

    /** The first is saved, the second waits for its turn. */
    private void processTwoBatches() {
        consumer.start();
        prepare();
        give(1, 3);
        returnFromUser();
        give(4, 6);
        returnFromUser();
    }

    private void prepare() {
        returnFromUser();
    }

    private void give(int first, int last) {
        List<StreamRecord> records = IntStream.rangeClosed(first, last)
                .mapToObj(n -> new StreamRecord(at(n), "key", Bytes.empty(), Instant.EPOCH))
                .toList();
        loop.execute(() -> source.listener().batch(new SourceBatch(records, 0)));
        sim.run(Duration.ofMillis(1));
    }

    private void end() {
        loop.execute(() -> source.listener().shardEnded(List.of()));
        sim.run(Duration.ofMillis(1));
    }

    private void gone() {
        loop.execute(
                () -> source.listener().trouble(new SourceTrouble(ShardReadException.Kind.GONE, 1, "no such shard")));
        sim.run(Duration.ofMillis(1));
    }

    /** Lets the user's code run and return, and what follows happen. */
    private void returnFromUser() {
        calls.runUserCode();
        calls.finish();
        sim.run(Duration.ofMillis(50));
    }

    private static RecordPosition at(int number) {
        return RecordPosition.of(SequenceNumber.parse(Integer.toString(number)));
    }

    private static Shard shard(int index, ShardId... parents) {
        return new Shard(
                ShardId.of(index),
                List.of(parents),
                HashKeyRange.ALL,
                SequenceNumberRange.openFrom(SequenceNumber.ZERO));
    }

    /** Hears from the consumers, and lists the shards of the stream. */
    private final class Owner implements ConsumerParts.Owner, ShardDirectory {
        private final List<String> expired = new ArrayList<>();
        private @Nullable List<Shard> shards = List.of();

        @Override
        public void over(ShardConsumer over, ConsumerEnd end) {
            ends.add(end);
        }

        @Override
        public void recordsExpired(LeaseKey shard, @Nullable Instant from, @Nullable Instant until) {
            expired.add(shard.shard() + " " + from + " " + until);
        }

        @Override
        public CompletableFuture<StreamIdentity> identify(StreamName stream) {
            return CompletableFuture.completedFuture(new StreamIdentity("arn", Instant.EPOCH));
        }

        @Override
        public CompletableFuture<List<Shard>> listShards(StreamName stream) {
            return shards == null
                    ? CompletableFuture.failedFuture(new IllegalStateException("no such stream"))
                    : CompletableFuture.completedFuture(shards);
        }
    }

    /** Calls of the user's code that run and return when the test says so. */
    private final class HeldCalls implements UserCalls {
        private @Nullable Runnable code;
        private @Nullable Runnable done;

        @Override
        public <T> RunningCall call(
                Callable<? extends CompletionStage<T>> body, BiConsumer<@Nullable T, @Nullable Throwable> handler) {
            assertThat(code).as("one call at a time").isNull();
            code = () -> run(body, handler);
            return SlowUserCalls.NO_THREAD;
        }

        @Override
        public void goOnElsewhere(Runnable task) {
            sim.at(Duration.ofMillis(1), task);
        }

        private <T> void run(
                Callable<? extends CompletionStage<T>> body, BiConsumer<@Nullable T, @Nullable Throwable> handler) {
            CompletionStage<T> stage;
            try {
                stage = body.call();
            } catch (Exception thrown) {
                stage = CompletableFuture.failedFuture(thrown);
            }
            CompletionStage<T> outcome = stage;
            done = () -> loop.whenComplete(outcome, handler);
        }

        void runUserCode() {
            if (code != null) {
                code.run();
            }
        }

        void finish() {
            Runnable outcome = done;
            code = null;
            done = null;
            if (outcome != null) {
                outcome.run();
            }
        }
    }

    private static final class Recorder implements RecordProcessor {
        private final List<String> calls = new ArrayList<>();
        private final List<Integer> attempts = new ArrayList<>();
        private String throwing = "";
        private @Nullable Checkpointer checkpointer;

        @Override
        public void initialize(ShardContext shard) {
            called("initialize");
        }

        @Override
        public void processRecords(RecordBatch batch) {
            attempts.add(batch.attempt());
            checkpointer = batch.checkpointer();
            called(batch.records().get(0).sequenceNumber() + ".."
                    + batch.lastRecord().sequenceNumber());
        }

        @Override
        public void leaseLost() {
            called("leaseLost");
        }

        @Override
        public void shardEnded(Checkpointer checkpointer) {
            called("shardEnded");
        }

        @Override
        public void shutdownRequested(Checkpointer checkpointer) {
            called("shutdownRequested");
        }

        private void called(String call) {
            calls.add(call);
            if (call.equals(throwing)) {
                throw new IllegalStateException("thrown on purpose");
            }
        }
    }
}
