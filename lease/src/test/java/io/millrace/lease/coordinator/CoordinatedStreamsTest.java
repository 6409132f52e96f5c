package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** When a worker may read a stream: what the table pins of it, and streams that come and go. */
final class CoordinatedStreamsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final StreamSettings ORDERS = new StreamSettings(FakeStream.NAME, Position.trimHorizon());
    private static final StreamSettings RETURNS = new StreamSettings(FakeStream.OTHER, Position.trimHorizon());

    private final Simulation sim = new Simulation(7);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final FakeStream stream = new FakeStream(8);

    @Test
    void missingStreamFailsTheStartWithALineThatSaysSo() {
        ListeningWorker lost = worker("lost", new StreamName("nowhere"));

        sim.runUntil(() -> lost.coordinator.start().isDone(), SECOND);

        assertThat(lost.coordinator.start())
                .isCompletedExceptionally()
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StreamNotFoundException.class);
    }

    @Test
    void recreatedStreamIsRefused() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        CompletableFuture<CloseReport> left = alice.coordinator.close(SECOND);
        sim.runUntil(left::isDone, SECOND.multipliedBy(2));

        stream.recreate();
        ListeningWorker bob = worker("bob");

        sim.runUntil(() -> bob.coordinator.start().isDone(), SECOND);
        assertThat(bob.coordinator.start())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StreamReplacedException.class)
                .withMessageContaining("is not the one this application has read")
                .withMessageContaining("`millrace leases delete APP --stream");
    }

    @Test
    void streamThatIsKnownByItsPlainNameIsNotBegunAnewByItsQualifiedOne() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        leave(alice);

        ListeningWorker bob = worker("bob", new StreamName("000000000000:local:orders"));

        sim.runUntil(() -> bob.coordinator.start().isDone(), SECOND);
        assertThat(bob.coordinator.start())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StartFailedException.class)
                .withMessageContaining(
                        "reads stream arn:aws:kinesis:local:000000000000:stream/orders as orders already");
        assertThat(table.listControlRows().join().streams()).hasSize(1);
    }

    @Test
    void deletedStreamLeavesTheLeasesAsTheyAreAndNobodyElseStarts() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        List<LeaseRow> before = table.listLeases().join();

        stream.delete();
        sim.run(Duration.ofMinutes(3));
        assertThat(alice.held.values()).hasSize(8).allMatch(HeldLease::isValid);
        assertThat(table.listLeases().join()).isEqualTo(before);

        ListeningWorker bob = worker("bob");
        sim.runUntil(() -> bob.coordinator.start().isDone(), SECOND);
        assertThat(bob.coordinator.start())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StreamNotFoundException.class)
                .withMessageContaining("stream orders does not exist");
    }

    @Test
    void initialPositionOfTheFirstStartStays() {
        ListeningWorker alice = worker("alice", FakeStream.NAME, Position.latest(), table);
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        Checkpoint begun = Checkpoint.notStarted(
                new Position.AtTimestamp(sim.clock().instant().minus(sim.elapsed())));
        assertThat(alice.held.values()).allMatch(lease -> lease.checkpoint().equals(begun));
        leave(alice);

        ListeningWorker bob = worker("bob", FakeStream.NAME, Position.trimHorizon(), table);
        sim.runUntil(() -> bob.held.size() == 8, SECOND);

        assertThat(bob.held.values()).allMatch(lease -> lease.checkpoint().equals(begun));
        assertThat(table.listControlRows().join().streams())
                .allMatch(row -> row.initialPosition().equals(Position.latest()));
    }

    @Test
    void streamsAreAddedAndRemovedWhileWorkersRun() {
        ListeningWorker alice = worker("alice");
        ListeningWorker bob = worker("bob");
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
        ListeningWorker alice = worker("alice");

        // The first change has a stream to look up, the second has not.
        CompletableFuture<Void> first = alice.coordinator.changeStreams(List.of(ORDERS, RETURNS));
        CompletableFuture<Void> second = alice.coordinator.changeStreams(List.of(ORDERS));
        sim.runUntil(() -> first.isDone() && second.isDone(), SECOND);
        sim.run(SECOND.multipliedBy(3));

        assertThat(alice.reads(FakeStream.NAME)).isEqualTo(8);
        assertThat(alice.reads(FakeStream.OTHER)).isZero();
    }

    @Test
    void noWorkerStartsDuringAnImport() {
        StreamRow half = new StreamRow(
                        FakeStream.NAME, 0, stream.identify(FakeStream.NAME).join(), Position.trimHorizon(), false)
                .duringImport();
        table.put(half).join();

        ListeningWorker early = worker("early");
        sim.runUntil(() -> early.coordinator.start().isDone(), SECOND);
        assertThat(early.coordinator.start())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StartFailedException.class)
                .withMessageContaining("an import of leases of stream orders has not finished");
        assertThat(table.listLeases().join()).isEmpty();

        Lineage all = new Lineage(List.of(), List.of(), HashKeyRange.ALL);
        table.put(LeaseRow.fresh(key(0), Checkpoint.notStarted(Position.trimHorizon()), all))
                .join();
        table.put(half.withRevision(1).afterImport(true)).join();
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
    }

    @Test
    void noWorkerStartsDuringADeletionAndWhoLeadsMakesNoLeasesThen() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        StreamRow pinned = table.listMembers().join().streams().get(0);
        table.put(pinned.duringDeletion()).join();
        table.delete(row(3)).join();

        ListeningWorker late = worker("late");
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

    private LeaseRow row(int shard) {
        return table.listLeases().join().stream()
                .filter(row -> row.key().equals(key(shard)))
                .findFirst()
                .orElseThrow();
    }

    private void leave(ListeningWorker worker) {
        CompletableFuture<CloseReport> left = worker.coordinator.close(SECOND);
        sim.runUntil(left::isDone, SECOND.multipliedBy(2));
    }

    private static LeaseKey key(int shard) {
        return new LeaseKey(FakeStream.NAME, ShardId.of(shard));
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
