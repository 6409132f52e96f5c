package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.NewsRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.TableRefusedException;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class LeaseCoordinatorTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final StreamSettings ORDERS = new StreamSettings(FakeStream.NAME, Position.trimHorizon());
    private static final StreamSettings RETURNS = new StreamSettings(FakeStream.OTHER, Position.trimHorizon());

    private final Simulation sim = new Simulation(7);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final FakeStream stream = new FakeStream(8);

    @Test
    void loneWorkerOwnsEveryShardWithinASecond() {
        Worker alice = new Worker("alice");

        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        assertThat(alice.coordinator.start()).isCompleted();
    }

    @Test
    void joiningWorkerGetsItsShareWithinThreeSeconds() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        Worker bob = new Worker("bob");

        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));
        assertThat(alice.lost).isEmpty();
    }

    @Test
    void whatIsPlannedForAnotherIsGivenAtThePaceAtWhichItIsTaken() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        Worker bob = new Worker("bob");
        AtomicLong mostOnTheWay = new AtomicLong();

        sim.runUntil(
                () -> {
                    mostOnTheWay.accumulateAndGet(
                            table.listLeases().join().stream()
                                    .filter(row -> row.owner().isEmpty())
                                    .count(),
                            Math::max);
                    return bob.held.size() == 4;
                },
                SECOND.multipliedBy(3));

        assertThat(mostOnTheWay).hasValue(1);
    }

    @Test
    void joiningWorkerThatMayNotReadLeasesByTheirKeysGetsItsShareAllTheSame() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        LeaseTable way = new PassingTable(table) {
            @Override
            public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
                return CompletableFuture.failedFuture(new TableRefusedException("no permission", null));
            }
        };

        Worker bob = new Worker("bob", FakeStream.NAME, Position.trimHorizon(), way);

        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));
        assertThat(alice.lost).isEmpty();
    }

    @Test
    void joiningWorkerGetsItsShareFromALeaderThatTellsNoNews() {
        LeaseTable way = new PassingTable(table) {
            @Override
            public CompletableFuture<WriteOutcome> put(Row row) {
                return row instanceof NewsRow
                        ? CompletableFuture.completedFuture(WriteOutcome.applied())
                        : super.put(row);
            }
        };
        Worker alice = new Worker("alice", FakeStream.NAME, Position.trimHorizon(), way);
        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        Worker bob = new Worker("bob");

        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));
    }

    @Test
    void leavingWorkersShardsAreOwnedElsewhereWithinASecond() {
        Worker alice = new Worker("alice");
        Worker bob = new Worker("bob");
        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));

        CompletableFuture<CloseReport> report = alice.coordinator.close(SECOND.multipliedBy(5));

        sim.runUntil(() -> bob.held.size() == 8, SECOND);
        sim.runUntil(report::isDone, SECOND);
        assertThat(report.join().released()).hasSize(4);
        assertThat(report.join().abandoned()).isEmpty();
        assertThat(report.join().rowsRemoved()).isTrue();
    }

    @Test
    void whatALeavingWorkerStillProcessesIsNotTakenByForceBeforeItsDeadline() {
        Worker alice = new Worker("alice");
        Worker bob = new Worker("bob");
        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));
        List<HeldLease> busy = List.copyOf(alice.held.values());
        alice.isBusy = true;

        CompletableFuture<CloseReport> report = alice.coordinator.close(SECOND.multipliedBy(30));

        // The handoff timeout is 10 s.
        sim.run(SECOND.multipliedBy(25));
        assertThat(busy).allMatch(HeldLease::isValid);
        assertThat(bob.held).hasSize(4);
        sim.runUntil(report::isDone, SECOND.multipliedBy(6));
        assertThat(busy).noneMatch(HeldLease::isValid);
        sim.runUntil(() -> bob.held.size() == 8, SECOND);
    }

    @Test
    void checkpointMovesTheRowAndIsWhereTheNextOwnerGoesOn() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        HeldLease lease = alice.lease(0);

        CompletableFuture<CheckpointOutcome> first = lease.checkpoint(at(5));
        CompletableFuture<CheckpointOutcome> second = lease.checkpoint(at(7));
        sim.runUntil(() -> first.isDone() && second.isDone(), SECOND);

        assertThat(first.join()).isEqualTo(CheckpointOutcome.SAVED);
        assertThat(second.join()).isEqualTo(CheckpointOutcome.SAVED);
        assertThat(lease.checkpoint()).isEqualTo(at(7));
        assertThat(row(0).checkpoint()).isEqualTo(at(7));
    }

    @Test
    void aReleaseSavesTheLastCheckpointInTheSameWrite() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        HeldLease lease = alice.lease(0);
        long before = row(0).revision();

        CompletableFuture<CheckpointOutcome> released = lease.release(at(9));
        sim.runUntil(() -> row(0).revision() > before, SECOND);

        assertThat(row(0).owner()).isEmpty();
        assertThat(row(0).checkpoint()).isEqualTo(at(9));
        sim.runUntil(released::isDone, SECOND);
        assertThat(released.join()).isEqualTo(CheckpointOutcome.SAVED);
    }

    @Test
    void childrenOfASplitAreOwnedAtOnceByWhoFinishedTheParent() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        stream.split(ShardId.of(3));
        alice.finish(3);

        sim.runUntil(() -> alice.held.containsKey(key(8)) && alice.held.containsKey(key(9)), Duration.ofMillis(50));
        assertThat(row(3).isFinished()).isTrue();
    }

    @Test
    void childOfAMergeWaitsForBothParents() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        stream.merge(ShardId.of(3), ShardId.of(4));
        alice.finish(3);
        sim.run(SECOND.multipliedBy(3));
        assertThat(alice.held).doesNotContainKey(key(8));
        alice.finish(4);

        sim.runUntil(() -> alice.held.containsKey(key(8)), Duration.ofMillis(50));
    }

    @Test
    void missingStreamFailsTheStartWithALineThatSaysSo() {
        Worker lost = new Worker("lost", new StreamName("nowhere"));

        sim.runUntil(() -> lost.coordinator.start().isDone(), SECOND);

        assertThat(lost.coordinator.start())
                .isCompletedExceptionally()
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StreamNotFoundException.class);
    }

    @Test
    void recreatedStreamIsRefused() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        CompletableFuture<CloseReport> left = alice.coordinator.close(SECOND);
        sim.runUntil(left::isDone, SECOND.multipliedBy(2));

        stream.recreate();
        Worker bob = new Worker("bob");

        sim.runUntil(() -> bob.coordinator.start().isDone(), SECOND);
        assertThat(bob.coordinator.start())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StreamReplacedException.class)
                .withMessageContaining("is not the one this application has read")
                .withMessageContaining("`millrace leases delete APP --stream");
    }

    @Test
    void deletedStreamLeavesTheLeasesAsTheyAreAndNobodyElseStarts() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        List<LeaseRow> before = table.listLeases().join();

        stream.delete();
        sim.run(Duration.ofMinutes(3));
        assertThat(alice.held.values()).hasSize(8).allMatch(HeldLease::isValid);
        assertThat(table.listLeases().join()).isEqualTo(before);

        Worker bob = new Worker("bob");
        sim.runUntil(() -> bob.coordinator.start().isDone(), SECOND);
        assertThat(bob.coordinator.start())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StreamNotFoundException.class)
                .withMessageContaining("stream orders does not exist");
    }

    @Test
    void initialPositionOfTheFirstStartStays() {
        Worker alice = new Worker("alice", FakeStream.NAME, Position.latest(), table);
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        Checkpoint begun = Checkpoint.notStarted(
                new Position.AtTimestamp(sim.clock().instant().minus(sim.elapsed())));
        assertThat(alice.held.values()).allMatch(lease -> lease.checkpoint().equals(begun));
        leave(alice);

        Worker bob = new Worker("bob", FakeStream.NAME, Position.trimHorizon(), table);
        sim.runUntil(() -> bob.held.size() == 8, SECOND);

        assertThat(bob.held.values()).allMatch(lease -> lease.checkpoint().equals(begun));
        assertThat(table.listControlRows().join().streams())
                .allMatch(row -> row.initialPosition().equals(Position.latest()));
    }

    @Test
    void finishedLeaseIsCleanedUpByALeaderThatKnowsItFromTheTableOnly() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        stream.split(ShardId.of(3));
        alice.finish(3);
        sim.runUntil(() -> alice.held.containsKey(key(8)) && alice.held.containsKey(key(9)), SECOND);
        save(alice.lease(8).checkpoint(at(5)));
        leave(alice);
        stream.trimOldest();

        Worker bob = new Worker("bob");
        sim.runUntil(() -> bob.held.size() == 9, SECOND);
        assertThat(row(3).isFinished()).as("while a child has not begun").isTrue();
        save(bob.lease(9).checkpoint(at(5)));

        sim.runUntil(
                () -> table.listLeases().join().stream()
                        .noneMatch(row -> row.key().equals(key(3))),
                Duration.ofSeconds(62));
    }

    @Test
    void shardsThatRetentionTookUnreadDoNotHoldUpTheirChildren() {
        stream.split(ShardId.of(3));
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        assertThat(alice.held).doesNotContainKeys(key(8), key(9));
        leave(alice);
        assertThat(table.delete(row(3)).join().isApplied()).isTrue();
        stream.trimOldest();

        Worker bob = new Worker("bob");

        sim.runUntil(() -> bob.held.containsKey(key(8)) && bob.held.containsKey(key(9)), SECOND.multipliedBy(2));
        assertThat(row(8).lineage().parents()).isEmpty();
    }

    @Test
    void streamsAreAddedAndRemovedWhileWorkersRun() {
        Worker alice = new Worker("alice");
        Worker bob = new Worker("bob");
        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));

        CompletableFuture<Void> added = alice.coordinator.changeStreams(List.of(ORDERS, RETURNS));
        sim.runUntil(() -> alice.reads(FakeStream.OTHER) == 8, SECOND.multipliedBy(3));
        assertThat(added).isCompleted();
        // Sixteen leases are even at eight each, and Bob reads one stream only.
        sim.runUntil(() -> bob.reads(FakeStream.NAME) == 8, SECOND.multipliedBy(3));

        CompletableFuture<Void> removed = alice.coordinator.changeStreams(List.of(ORDERS));
        sim.runUntil(() -> alice.reads(FakeStream.OTHER) == 0 && alice.held.size() == 4, SECOND.multipliedBy(3));
        assertThat(removed).isCompleted();
        assertThat(table.listLeases().join()).hasSize(16);
        assertThat(alice.lost).isEmpty();
        assertThat(bob.lost).isEmpty();

        CompletableFuture<Void> unknown = alice.coordinator.changeStreams(
                List.of(new StreamSettings(new StreamName("missing"), Position.trimHorizon())));
        sim.runUntil(unknown::isDone, SECOND);
        assertThat(unknown).isCompletedExceptionally();
        assertThat(alice.held).hasSize(4);
    }

    @Test
    void changesOfStreamsTakeEffectInTheirOrder() {
        Worker alice = new Worker("alice");

        // The first change has a stream to look up, the second has not.
        CompletableFuture<Void> first = alice.coordinator.changeStreams(List.of(ORDERS, RETURNS));
        CompletableFuture<Void> second = alice.coordinator.changeStreams(List.of(ORDERS));
        sim.runUntil(() -> first.isDone() && second.isDone(), SECOND);
        sim.run(SECOND.multipliedBy(3));

        assertThat(alice.reads(FakeStream.NAME)).isEqualTo(8);
        assertThat(alice.reads(FakeStream.OTHER)).isZero();
    }

    @Test
    void workerThatIsClosedWhileItStartsLeavesNoRowBehind() {
        for (int millis = 0; millis < 60; millis++) {
            LeaseTable slow = new FaultyTable(sim, table, new SplittableRandom(millis), false);
            Worker alice = new Worker("alice", FakeStream.NAME, Position.trimHorizon(), slow);
            sim.run(Duration.ofMillis(millis));

            CompletableFuture<CloseReport> left = alice.coordinator.close(SECOND);
            sim.runUntil(left::isDone, SECOND.multipliedBy(2));
            sim.run(SECOND);

            assertThat(table.listControlRows().join().workers())
                    .as("closed after %s ms", millis)
                    .isEmpty();
        }
    }

    @Test
    void rowsOfALostLeaseAreMadeAgainFromTheStreamsList() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        LeaseRow gone = row(3);

        assertThat(table.delete(gone).join().isApplied()).isTrue();

        sim.runUntil(() -> table.listLeases().join().size() == 8, Duration.ofSeconds(62));
        // Its holder finds out with its next write, and takes the new row.
        assertThat(alice.lease(3).checkpoint(at(5))).isNotCompletedExceptionally();
        sim.runUntil(() -> row(3).isOwnedBy(alice.coordinator.workerId()), SECOND.multipliedBy(12));
    }

    @Test
    void leaseMovedByHandIsLostAtOnceAndTakenAgainFromThere() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        HeldLease before = alice.lease(3);
        CompletableFuture<CheckpointOutcome> saved = before.checkpoint(at(5));
        sim.runUntil(saved::isDone, SECOND);

        LeaseRow row = row(3);
        assertThat(table.put(row.movedTo(Checkpoint.notStarted(Position.trimHorizon()), row.lineage()))
                        .join()
                        .isApplied())
                .isTrue();
        // What `leases reset --force` does, too: a plan under a new revision makes its worker look at the leases.
        table.listPlans().join().forEach(plan -> table.put(plan).join());
        long news = table.listMembers().join().news();
        assertThat(table.put(new NewsRow(news, "test")).join().isApplied()).isTrue();

        sim.runUntil(() -> alice.held.containsKey(key(3)) && alice.lease(3) != before, SECOND);
        assertThat(alice.lost).hasSize(1).first().asString().contains("orders/shardId-000000000003 epoch 1");
        assertThat(alice.lease(3).epoch()).isGreaterThan(before.epoch());
        assertThat(alice.lease(3).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
        assertThat(before.checkpoint(at(9))).isNotCompletedExceptionally();
        sim.run(SECOND);
        assertThat(row(3).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
        assertThat(alice.held).hasSize(8);
    }

    @Test
    void noWorkerStartsDuringAnImport() {
        StreamRow half = new StreamRow(
                        FakeStream.NAME, 0, stream.identify(FakeStream.NAME).join(), Position.trimHorizon(), false)
                .duringImport();
        table.put(half).join();

        Worker early = new Worker("early");
        sim.runUntil(() -> early.coordinator.start().isDone(), SECOND);
        assertThat(early.coordinator.start())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StartFailedException.class)
                .withMessageContaining("an import of leases of stream orders has not finished");
        assertThat(table.listLeases().join()).isEmpty();

        table.put(half.withRevision(1).afterSync()).join();
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
    }

    @Test
    void noWorkerStartsDuringADeletionAndWhoLeadsMakesNoLeasesThen() {
        Worker alice = new Worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        StreamRow pinned = table.listMembers().join().streams().get(0);
        table.put(pinned.duringDeletion()).join();
        table.delete(row(3)).join();

        Worker late = new Worker("late");
        sim.runUntil(() -> late.coordinator.start().isDone(), SECOND);
        assertThat(late.coordinator.start())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StartFailedException.class)
                .withMessageContaining("a deletion of this application's rows of stream orders has not finished");
        alice.coordinator.syncShards();
        sim.run(SECOND);
        assertThat(table.listLeases().join()).hasSize(7);
    }

    @Test
    void workerThatIsLostWhileItLeavesTakesItsRowAway() {
        FaultyTable way = new FaultyTable(sim, table, new SplittableRandom(1), false);
        Worker alice = new Worker("alice", FakeStream.NAME, Position.trimHorizon(), way);
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        sim.run(SECOND.multipliedBy(5));
        long beats = beats(alice);
        sim.runUntil(() -> beats(alice) > beats, SECOND.multipliedBy(3));

        // The proof lasts for 8 s after this beat; the table is back a second later.
        way.throttleFor(SECOND.multipliedBy(9));
        CompletableFuture<CloseReport> left = alice.coordinator.close(SECOND.multipliedBy(30));
        sim.run(Duration.ofMillis(8500));
        assertThat(alice.held).isEmpty();
        assertThat(left).isNotDone();

        sim.runUntil(left::isDone, SECOND);
        assertThat(left.join().rowsRemoved()).isTrue();
        assertThat(table.listControlRows().join().workers()).isEmpty();
    }

    @Test
    void outdatedReadDoesNotMakeAWorkerTakeALeaseTwice() {
        SlowReads way = new SlowReads(table);
        Worker alice = new Worker("alice", FakeStream.NAME, Position.trimHorizon(), way);
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        stream.merge(ShardId.of(3), ShardId.of(4));
        alice.finish(3);

        // Who finishes the second parent looks whether the child is free; the answer comes when a plan has had it
        // taken.
        way.readsTake = SECOND.multipliedBy(2);
        alice.finish(4);
        sim.runUntil(() -> alice.held.containsKey(key(8)), SECOND);
        HeldLease child = alice.lease(8);
        sim.run(SECOND.multipliedBy(3));

        assertThat(way.reads).as("late reads").isPositive();
        assertThat(alice.lease(8)).isSameAs(child);
        assertThat(row(8).epoch()).isEqualTo(1);
    }

    private long beats(Worker worker) {
        return table.get(Entity.worker(worker.coordinator.workerId()))
                .join()
                .orElseThrow()
                .revision();
    }

    private void leave(Worker worker) {
        CompletableFuture<CloseReport> left = worker.coordinator.close(SECOND);
        sim.runUntil(left::isDone, SECOND.multipliedBy(2));
    }

    private void save(CompletableFuture<CheckpointOutcome> write) {
        sim.runUntil(write::isDone, SECOND);
        assertThat(write.join()).isEqualTo(CheckpointOutcome.SAVED);
    }

    private static Checkpoint at(int number) {
        return Checkpoint.processed(RecordPosition.of(SequenceNumber.parse(Integer.toString(number))));
    }

    private static LeaseKey key(int shard) {
        return new LeaseKey(FakeStream.NAME, ShardId.of(shard));
    }

    private LeaseRow row(int shard) {
        return table.listLeases().join().stream()
                .filter(row -> row.key().equals(key(shard)))
                .findFirst()
                .orElseThrow();
    }

    /** Reads of single rows show what was so when they were asked for, a while later. */
    private final class SlowReads extends PassingTable {
        Duration readsTake = Duration.ZERO;
        int reads;

        SlowReads(LeaseTable inner) {
            super(inner);
        }

        @Override
        public CompletableFuture<Optional<Row>> get(Entity entity) {
            CompletableFuture<Optional<Row>> now = super.get(entity);
            if (readsTake.isZero()) {
                return now;
            }
            reads++;
            CompletableFuture<Optional<Row>> later = new CompletableFuture<>();
            sim.at(readsTake, () -> later.complete(now.join()));
            return later;
        }
    }

    /** A worker whose consumer gives back at once what it is asked for, unless it is busy. */
    private final class Worker implements LeaseListener {
        final Map<LeaseKey, HeldLease> held = new TreeMap<>();
        final List<String> lost = new ArrayList<>();
        final LeaseCoordinator coordinator;
        /** It does not come to give back what it is asked for. */
        boolean isBusy;

        Worker(String name) {
            this(name, FakeStream.NAME);
        }

        Worker(String name, StreamName consumed) {
            this(name, consumed, Position.trimHorizon(), table);
        }

        Worker(String name, StreamName consumed, Position.Initial initial, LeaseTable way) {
            LeaseSettings settings = LeaseSettings.builder().workerName(name).stream(consumed, initial)
                    .build();
            coordinator = LeaseCoordinator.create(settings, way, stream, this, sim, new SimpleMeterRegistry());
            assertThat(coordinator.start()).isNotCompletedExceptionally();
        }

        long reads(StreamName name) {
            return held.keySet().stream()
                    .filter(key -> key.stream().equals(name))
                    .count();
        }

        HeldLease lease(int shard) {
            return java.util.Objects.requireNonNull(held.get(key(shard)));
        }

        void finish(int shard) {
            List<ChildShard> children = stream.childrenOf(ShardId.of(shard)).stream()
                    .map(Shard::asChild)
                    .toList();
            CompletableFuture<CheckpointOutcome> finished = lease(shard).finish(children);
            sim.runUntil(finished::isDone, SECOND);
            assertThat(finished.join()).isEqualTo(CheckpointOutcome.SAVED);
            held.remove(key(shard));
        }

        @Override
        public void leaseTaken(HeldLease lease) {
            held.put(lease.key(), lease);
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {
            if (isBusy) {
                return;
            }
            CompletableFuture<CheckpointOutcome> released = lease.release(lease.checkpoint());
            held.remove(lease.key());
            assertThat(released).isNotCompletedExceptionally();
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            held.remove(lease.key());
            lost.add(lease + ": " + reason);
        }
    }
}
