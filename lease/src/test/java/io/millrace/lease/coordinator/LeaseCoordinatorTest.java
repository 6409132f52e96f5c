package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.admin.LeaseReset;
import io.millrace.lease.admin.LeaseSkip;
import io.millrace.lease.admin.PlanNews;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.NewsRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableRefusedException;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class LeaseCoordinatorTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Simulation sim = new Simulation(7);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final FakeStream stream = new FakeStream(8);

    @Test
    void loneWorkerOwnsEveryShardWithinASecond() {
        ListeningWorker alice = worker("alice");

        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        assertThat(alice.coordinator.start()).isCompleted();
    }

    @Test
    void joiningWorkerGetsItsShareWithinThreeSeconds() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        ListeningWorker bob = worker("bob");

        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));
        assertThat(alice.lost).isEmpty();
    }

    @Test
    void whatIsPlannedForAnotherIsGivenAtThePaceAtWhichItIsTaken() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        ListeningWorker bob = worker("bob");
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
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        LeaseTable way = new PassingTable(table) {
            @Override
            public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
                return CompletableFuture.failedFuture(new TableRefusedException("no permission", null));
            }
        };

        ListeningWorker bob = worker("bob", FakeStream.NAME, Position.trimHorizon(), way);

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
        ListeningWorker alice = worker("alice", FakeStream.NAME, Position.trimHorizon(), way);
        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        ListeningWorker bob = worker("bob");

        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));
    }

    @Test
    void leavingWorkersShardsAreOwnedElsewhereWithinASecond() {
        ListeningWorker alice = worker("alice");
        ListeningWorker bob = worker("bob");
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
        ListeningWorker alice = worker("alice");
        ListeningWorker bob = worker("bob");
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
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        HeldLease lease = alice.lease(0);

        CompletableFuture<CheckpointOutcome> first = Saving.save(lease, at(5));
        CompletableFuture<CheckpointOutcome> second = Saving.save(lease, at(7));
        sim.runUntil(() -> first.isDone() && second.isDone(), SECOND);

        assertThat(first.join()).isEqualTo(CheckpointOutcome.SAVED);
        assertThat(second.join()).isEqualTo(CheckpointOutcome.SAVED);
        assertThat(lease.checkpoint()).isEqualTo(at(7));
        assertThat(row(0).checkpoint()).isEqualTo(at(7));
    }

    @Test
    void preparedCheckpointIsWrittenAndLeftToTheNextOwner() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        HeldLease lease = alice.lease(0);
        PendingCheckpoint prepared = new PendingCheckpoint(position(9), Bytes.utf8("what was begun"));

        CompletableFuture<CheckpointOutcome> outdated =
                lease.prepare(new PendingCheckpoint(position(8), Bytes.empty()));
        CompletableFuture<CheckpointOutcome> written = lease.prepare(prepared);
        CompletableFuture<CheckpointOutcome> saved = Saving.save(lease, at(7));
        sim.runUntil(() -> outdated.isDone() && written.isDone() && saved.isDone(), SECOND);

        assertThat(written.join()).isEqualTo(CheckpointOutcome.SAVED);
        assertThat(row(0).checkpoint()).isEqualTo(at(7));
        assertThat(row(0).pending()).contains(prepared);
        CompletableFuture<CheckpointOutcome> released = lease.release(at(7));
        sim.runUntil(released::isDone, SECOND);
        sim.runUntil(() -> alice.lease(0).epoch() > lease.epoch(), SECOND.multipliedBy(5));
        HeldLease again = alice.lease(0);
        assertThat(again.pending()).contains(prepared);
        CompletableFuture<CheckpointOutcome> ended = Saving.save(again, at(9));
        sim.runUntil(ended::isDone, SECOND);
        assertThat(row(0).pending()).isEmpty();
    }

    @Test
    void aReleaseSavesTheLastCheckpointInTheSameWrite() {
        ListeningWorker alice = worker("alice");
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
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        stream.split(ShardId.of(3));
        alice.finish(3);

        sim.runUntil(() -> alice.held.containsKey(key(8)) && alice.held.containsKey(key(9)), Duration.ofMillis(50));
        assertThat(row(3).isFinished()).isTrue();
    }

    @Test
    void childOfAMergeWaitsForBothParents() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        stream.merge(ShardId.of(3), ShardId.of(4));
        alice.finish(3);
        sim.run(SECOND.multipliedBy(3));
        assertThat(alice.held).doesNotContainKey(key(8));
        alice.finish(4);

        sim.runUntil(() -> alice.held.containsKey(key(8)), Duration.ofMillis(50));
    }

    @Test
    void finishedLeaseIsCleanedUpByALeaderThatKnowsItFromTheTableOnly() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        stream.split(ShardId.of(3));
        alice.finish(3);
        sim.runUntil(() -> alice.held.containsKey(key(8)) && alice.held.containsKey(key(9)), SECOND);
        save(Saving.save(alice.lease(8), at(5)));
        leave(alice);
        stream.trimOldest();

        ListeningWorker bob = worker("bob");
        sim.runUntil(() -> bob.held.size() == 9, SECOND);
        assertThat(row(3).isFinished()).as("while a child has not begun").isTrue();
        save(Saving.save(bob.lease(9), at(5)));

        sim.runUntil(
                () -> table.listLeases().join().stream()
                        .noneMatch(row -> row.key().equals(key(3))),
                Duration.ofSeconds(62));
    }

    @Test
    void shardsThatRetentionTookUnreadDoNotHoldUpTheirChildren() {
        stream.split(ShardId.of(3));
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        assertThat(alice.held).doesNotContainKeys(key(8), key(9));
        leave(alice);
        assertThat(table.delete(row(3)).join().isApplied()).isTrue();
        stream.trimOldest();

        ListeningWorker bob = worker("bob");

        sim.runUntil(() -> bob.held.containsKey(key(8)) && bob.held.containsKey(key(9)), SECOND.multipliedBy(2));
        assertThat(row(8).lineage().parents()).isEmpty();
    }

    @Test
    void workerThatIsClosedWhileItStartsLeavesNoRowBehind() {
        for (int millis = 0; millis < 60; millis++) {
            LeaseTable slow = new FaultyTable(sim, table, new SplittableRandom(millis), false);
            ListeningWorker alice = worker("alice", FakeStream.NAME, Position.trimHorizon(), slow);
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
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        LeaseRow gone = row(3);

        assertThat(table.delete(gone).join().isApplied()).isTrue();

        sim.runUntil(() -> table.listLeases().join().size() == 8, Duration.ofSeconds(62));
        // Its holder finds out with its next write, and takes the new row.
        assertThat(Saving.save(alice.lease(3), at(5))).isNotCompletedExceptionally();
        sim.runUntil(() -> row(3).isOwnedBy(alice.coordinator.workerId()), SECOND.multipliedBy(12));
    }

    /** Another that waits for the lease took it at once, while its owner had yet to find out. */
    @Test
    void leaseInWhichRecordsAreSkippedIsNotTakenBesideItsOwner() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        alice.isBusy = true;
        ListeningWorker bob = worker("bob");
        sim.runUntil(() -> planned(bob).stream().anyMatch(alice.held::containsKey), SECOND.multipliedBy(5));
        LeaseKey moving = planned(bob).first();
        HeldLease before = requireNonNull(alice.held.get(moving));
        sim.afterEveryEvent(() -> assertThat(before.isValid() && bob.held.containsKey(moving))
                .as("both hold %s", moving)
                .isFalse());

        LeaseRow row = (LeaseRow) table.get(Entity.lease(moving)).join().orElseThrow();
        LeaseSkip.Outcome skipped = new LeaseSkip(table, at(9), sim.clock().instant(), seen -> "test")
                .run(row)
                .join();

        assertThat(skipped).isEqualTo(new LeaseSkip.Outcome.Skipped(row));
        sim.runUntil(() -> bob.held.containsKey(moving), SECOND.multipliedBy(30));
        assertThat(before.isValid()).isFalse();
        assertThat(requireNonNull(bob.held.get(moving)).checkpoint()).isEqualTo(at(9));
    }

    private SortedSet<LeaseKey> planned(ListeningWorker worker) {
        return table.listPlans().join().stream()
                .filter(plan -> plan.worker().equals(worker.coordinator.workerId()))
                .flatMap(plan -> plan.leases().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void leaseMovedByHandIsLostAtOnceAndTakenAgainFromThere() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        HeldLease before = alice.lease(3);
        CompletableFuture<CheckpointOutcome> saved = Saving.save(before, at(5));
        sim.runUntil(saved::isDone, SECOND);

        LeaseRow row = row(3);
        LeaseRow moved = row.movedTo(Checkpoint.notStarted(Position.trimHorizon()), row.lineage());
        assertThat(new LeaseReset(table, Set.of()).run(moved, Optional.of(row)).join())
                .isEqualTo(new LeaseReset.Outcome.Moved(Optional.of(row)));
        assertThat(row(3).owner()).isEqualTo(row.owner());
        PlanNews.ring(table, "test").join();

        sim.runUntil(() -> alice.held.containsKey(key(3)) && alice.lease(3) != before, SECOND);
        assertThat(alice.lost).hasSize(1).first().asString().contains("orders/shardId-000000000003 epoch 1");
        assertThat(alice.lease(3).epoch()).isGreaterThan(before.epoch());
        assertThat(alice.lease(3).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
        assertThat(Saving.save(before, at(9))).isNotCompletedExceptionally();
        sim.run(SECOND);
        assertThat(row(3).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
        assertThat(alice.held).hasSize(8);
    }

    @Test
    void workerThatIsLostWhileItLeavesTakesItsRowAway() {
        FaultyTable way = new FaultyTable(sim, table, new SplittableRandom(1), false);
        ListeningWorker alice = worker("alice", FakeStream.NAME, Position.trimHorizon(), way);
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
        ListeningWorker alice = worker("alice", FakeStream.NAME, Position.trimHorizon(), way);
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

    private long beats(ListeningWorker worker) {
        return table.get(Entity.worker(worker.coordinator.workerId()))
                .join()
                .orElseThrow()
                .revision();
    }

    private void leave(ListeningWorker worker) {
        CompletableFuture<CloseReport> left = worker.coordinator.close(SECOND);
        sim.runUntil(left::isDone, SECOND.multipliedBy(2));
    }

    private void save(CompletableFuture<CheckpointOutcome> write) {
        sim.runUntil(write::isDone, SECOND);
        assertThat(write.join()).isEqualTo(CheckpointOutcome.SAVED);
    }

    private static Checkpoint at(int number) {
        return Checkpoint.processed(position(number));
    }

    private static RecordPosition position(int number) {
        return RecordPosition.of(SequenceNumber.parse(Integer.toString(number)));
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

    private ListeningWorker worker(String name) {
        return worker(name, FakeStream.NAME);
    }

    private ListeningWorker worker(String name, StreamName consumed) {
        return worker(name, consumed, Position.trimHorizon(), table);
    }

    private ListeningWorker worker(String name, StreamName consumed, Position.Initial initial, LeaseTable way) {
        return new ListeningWorker(sim, stream, name, consumed, initial, way);
    }
}
