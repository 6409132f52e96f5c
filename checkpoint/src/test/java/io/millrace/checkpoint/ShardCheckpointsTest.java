package io.millrace.checkpoint;

import static io.millrace.checkpoint.CheckpointLedgerTest.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ShardCheckpointsTest {
    private final WrittenLease lease = new WrittenLease();

    @Nested
    class ByItself {
        private final Simulation sim = new Simulation(1);
        private final EventLoop loop = sim.newEventLoop("worker");
        private final ShardCheckpoints checkpoints = new ShardCheckpoints(
                lease, loop, sim.ticker(), new CheckpointPace(sim.ticker(), Duration.ofSeconds(1)), Runnable::run);

        @Test
        void theFirstProgressIsSavedAtOnceAndTheRestOncePerInterval() {
            for (int i = 1; i <= 100; i++) {
                int number = i;
                sim.at(Duration.ofMillis(i * 50L), () -> loop.execute(() -> process(number)));
            }
            sim.run(Duration.ofMillis(60));
            assertThat(lease.asked).containsExactly(Checkpoint.processed(at(1)));
            sim.run(Duration.ofSeconds(10));
            assertThat(lease.asked).hasSize(6).endsWith(Checkpoint.processed(at(100)));
        }

        @Test
        void whatIsPreparedHoldsTheCheckpointBeforeItUntilItIsCommitted() {
            process(1);
            checkpoints.delivered(at(3));
            var prepared = checkpoints.checkpointer().prepareAsync(at(2), Bytes.utf8("transaction 9"));
            sim.run(Duration.ofMillis(1));
            assertThat(prepared).isCompleted();
            assertThat(lease.pending()).contains(new PendingCheckpoint(at(2), Bytes.utf8("transaction 9")));
            loop.execute(() -> checkpoints.processed(at(3)));
            sim.run(Duration.ofSeconds(20));
            assertThat(lease.asked).as("saved by itself").containsExactly(Checkpoint.processed(at(1)));
            assertThat(checkpoints.last()).isEqualTo(Checkpoint.processed(at(1)));
            var committed =
                    prepared.thenCompose(PreparedCheckpoint::commitAsync).toCompletableFuture();
            sim.run(Duration.ofMillis(1));
            assertThat(committed).isCompleted();
            assertThat(lease.asked).endsWith(Checkpoint.processed(at(3)));
        }

        @Test
        void releaseLeavesWhatIsPreparedToTheNextOwner() {
            process(1);
            checkpoints.delivered(at(3));
            var prepared = checkpoints.checkpointer().prepareAsync(at(2), Bytes.empty());
            loop.execute(() -> checkpoints.processed(at(3)));
            loop.execute(() -> {
                var unused = checkpoints.release();
            });
            sim.run(Duration.ofSeconds(1));
            assertThat(prepared).isCompleted();
            assertThat(lease.released).containsExactly(Checkpoint.processed(at(1)));
        }

        @Test
        void whatIsProcessedOrWasNotDeliveredCannotBePrepared() {
            process(2);
            checkpoints.delivered(at(3));
            var processed = checkpoints.checkpointer().prepareAsync(at(2), Bytes.empty());
            sim.run(Duration.ofMillis(1));
            assertThatThrownBy(() -> processed.toCompletableFuture().join())
                    .hasCauseInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the shard is processed beyond it");
            assertThat(lease.pending()).isEmpty();
        }

        @Test
        void explicitCheckpointBeyondWhatIsPreparedTakesItsPlace() {
            checkpoints.delivered(at(5));
            var prepared = checkpoints.checkpointer().prepareAsync(at(2), Bytes.empty());
            var beyond = checkpoints.checkpointer().checkpointAsync(at(4));
            sim.run(Duration.ofMillis(1));
            assertThat(prepared).isCompleted();
            assertThat(beyond).isCompleted();
            assertThat(lease.asked).containsExactly(Checkpoint.processed(at(4)));
        }

        @Test
        void aFlushSavesWhatIsProcessedAndNotWhatIsOnlyDelivered() {
            process(1);
            process(2);
            checkpoints.delivered(at(3));
            CompletableFuture<CheckpointOutcome> flushed = checkpoints.flush();
            sim.run(Duration.ofMillis(1));
            assertThat(flushed).isCompletedWithValue(CheckpointOutcome.SAVED);
            assertThat(lease.asked).endsWith(Checkpoint.processed(at(2)));
        }

        @Test
        void aFlushWithNothingNewWaitsForTheWriteUnderWay() {
            lease.answer = new CompletableFuture<>();
            process(1);
            CompletableFuture<CheckpointOutcome> flushed = checkpoints.flush();
            sim.run(Duration.ofSeconds(1));
            assertThat(flushed).isNotDone();
            lease.answer.complete(CheckpointOutcome.LEASE_LOST);
            sim.run(Duration.ofSeconds(1));
            assertThat(flushed).isCompletedWithValue(CheckpointOutcome.LEASE_LOST);
            assertThat(lease.asked).hasSize(1);
        }

        @Test
        void aReleaseTakesWhatIsProcessedWithItAndIsTheLastWrite() {
            process(1);
            process(2);
            CompletableFuture<CheckpointOutcome> released = checkpoints.release();
            sim.run(Duration.ofSeconds(5));
            assertThat(released).isCompletedWithValue(CheckpointOutcome.SAVED);
            assertThat(lease.released).containsExactly(Checkpoint.processed(at(2)));
            process(3);
            sim.run(Duration.ofSeconds(5));
            assertThat(lease.asked).containsExactly(Checkpoint.processed(at(1)));
        }

        @Test
        void whatAReleaseSavesIsNotSavedBeforeItIsThrough() {
            process(1);
            sim.run(Duration.ofMillis(1));
            process(2);
            lease.answer = new CompletableFuture<>();
            CompletableFuture<CheckpointOutcome> released = checkpoints.release();
            CompletableFuture<CheckpointOutcome> flushed = checkpoints.flush();
            sim.run(Duration.ofSeconds(5));
            assertThat(flushed).isNotDone();
            lease.answer.complete(CheckpointOutcome.LEASE_LOST);
            sim.run(Duration.ofSeconds(5));
            assertThat(released).isCompletedWithValue(CheckpointOutcome.LEASE_LOST);
            assertThat(flushed).isCompletedWithValue(CheckpointOutcome.LEASE_LOST);
        }

        @Test
        void nothingIsWrittenOnceClosed() {
            process(1);
            process(2);
            checkpoints.close();
            sim.run(Duration.ofSeconds(5));
            assertThat(lease.asked).containsExactly(Checkpoint.processed(at(1)));
        }

        private void process(int number) {
            checkpoints.delivered(at(number));
            checkpoints.processed(at(number));
        }
    }

    @Nested
    class ForUsers {
        private final Platform platform = new SystemPlatform();
        private final EventLoop loop = platform.newEventLoop("worker");
        private final ShardCheckpoints checkpoints = new ShardCheckpoints(
                lease,
                loop,
                platform.ticker(),
                new CheckpointPace(platform.ticker(), Duration.ofHours(1)),
                Runnable::run);
        private final Checkpointer checkpointer = checkpoints.checkpointer();

        @AfterEach
        void stop() {
            loop.close();
        }

        @Test
        void aCheckpointReturnsOnceItIsSaved() throws Exception {
            deliver(5);
            checkpointer.checkpoint(at(2));
            assertThat(lease.asked).containsExactly(Checkpoint.processed(at(2)));
            checkpointer.checkpoint();
            assertThat(lease.asked).endsWith(Checkpoint.processed(at(5)));
            checkpointer.checkpoint(at(1));
            assertThat(lease.asked).hasSize(2);
        }

        @Test
        void aCheckpointBeyondWhatWasDeliveredIsRefused() throws Exception {
            deliver(5);
            RecordPosition beyond = at(6);
            assertThatThrownBy(() -> checkpointer.checkpoint(beyond))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("beyond the last delivered record (5/0)");
            assertThat(lease.asked).isEmpty();
        }

        @Test
        void aLostLeaseIsToldToTheUser() throws Exception {
            deliver(5);
            lease.answer = CompletableFuture.completedFuture(CheckpointOutcome.LEASE_LOST);
            assertThatThrownBy(checkpointer::checkpoint)
                    .isInstanceOf(LeaseLostException.class)
                    .hasMessage(
                            "the lease of orders/shardId-000000000000 (epoch 7) is lost; stop working on this shard");
        }

        @Test
        void afterTheEndOfTheOwnershipTheLeaseIsLost() throws Exception {
            deliver(5);
            onLoop(checkpoints::close);
            assertThatThrownBy(checkpointer::checkpoint).isInstanceOf(LeaseLostException.class);
            assertThat(lease.asked).isEmpty();
        }

        @Test
        void theEndOfTheOwnershipEndsTheWait() throws Exception {
            deliver(5);
            lease.answer = new CompletableFuture<>();
            CompletableFuture<Void> call = CompletableFuture.runAsync(checkpointer::checkpoint);
            // The write is asked for on the loop; what comes after it on the loop comes after the call began to wait.
            lease.firstAsked.get(10, TimeUnit.SECONDS);
            onLoop(checkpoints::close);
            assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(LeaseLostException.class);
        }

        @Test
        void anInterruptEndsTheWaitAndStaysSet() throws Exception {
            deliver(5);
            lease.answer = new CompletableFuture<>();
            Thread.currentThread().interrupt();
            assertThatThrownBy(checkpointer::checkpoint).isInstanceOf(CheckpointFailedException.class);
            assertThat(Thread.interrupted()).isTrue();
        }

        @Test
        void onTheLoopItIsRefusedInsteadOfWaitingForItself() throws Exception {
            CompletableFuture<Throwable> refused = new CompletableFuture<>();
            onLoop(() -> {
                try {
                    checkpointer.checkpoint();
                } catch (IllegalStateException thrown) {
                    refused.complete(thrown);
                }
            });
            assertThat(refused.get(10, TimeUnit.SECONDS)).hasMessageContaining("event loop");
        }

        @Test
        void onAWorkerThatHasStoppedItFails() throws Exception {
            loop.close();
            loop.closed().get(10, TimeUnit.SECONDS);
            assertThatThrownBy(checkpointer::checkpoint)
                    .isInstanceOf(CheckpointFailedException.class)
                    .hasMessageContaining("did not move");
        }

        private void deliver(int number) throws Exception {
            onLoop(() -> checkpoints.delivered(at(number)));
        }

        private void onLoop(Runnable task) throws Exception {
            CompletableFuture.runAsync(task, loop).get(10, TimeUnit.SECONDS);
        }
    }

    /** Remembers what it was asked to save. */
    private static final class WrittenLease implements HeldLease {
        final List<Checkpoint> asked = new CopyOnWriteArrayList<>();
        final List<Checkpoint> released = new CopyOnWriteArrayList<>();
        final CompletableFuture<Checkpoint> firstAsked = new CompletableFuture<>();
        volatile @Nullable CompletableFuture<CheckpointOutcome> answer;
        volatile @Nullable PendingCheckpoint pending;

        @Override
        public LeaseKey key() {
            return new LeaseKey(new StreamName("orders"), ShardId.of(0));
        }

        @Override
        public long epoch() {
            return 7;
        }

        @Override
        public Checkpoint checkpoint() {
            return Checkpoint.notStarted(Position.trimHorizon());
        }

        @Override
        public boolean isValid() {
            return true;
        }

        @Override
        public void progress(Checkpoint checkpoint) {
            asked.add(checkpoint);
            firstAsked.complete(checkpoint);
        }

        @Override
        public CompletableFuture<CheckpointOutcome> saved(Checkpoint checkpoint) {
            CompletableFuture<CheckpointOutcome> given = answer;
            return given != null ? given : CompletableFuture.completedFuture(CheckpointOutcome.SAVED);
        }

        @Override
        public CompletableFuture<CheckpointOutcome> prepare(PendingCheckpoint prepared) {
            pending = prepared;
            CompletableFuture<CheckpointOutcome> given = answer;
            return given != null ? given : CompletableFuture.completedFuture(CheckpointOutcome.SAVED);
        }

        @Override
        public Optional<PendingCheckpoint> pending() {
            return Optional.ofNullable(pending);
        }

        @Override
        public CompletableFuture<CheckpointOutcome> release(Checkpoint last) {
            released.add(last);
            CompletableFuture<CheckpointOutcome> set = answer;
            return set == null ? CompletableFuture.completedFuture(CheckpointOutcome.SAVED) : set;
        }

        @Override
        public CompletableFuture<CheckpointOutcome> finish(List<ChildShard> children) {
            return CompletableFuture.completedFuture(CheckpointOutcome.SAVED);
        }
    }
}
