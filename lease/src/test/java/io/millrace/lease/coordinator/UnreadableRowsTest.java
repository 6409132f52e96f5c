package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** One row that cannot be read stops nothing but what it is about, and is never taken for one that is not there. */
final class UnreadableRowsTest {
    private static final Duration FAILOVER = Duration.ofSeconds(10);
    private static final Checkpoint SOMEWHERE = Checkpoint.processed(new RecordPosition(SequenceNumber.parse("77"), 0));

    private final Simulation sim = new Simulation(5);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final FakeStream stream = new FakeStream(8);

    @Test
    void foreignRowsOfEveryKindAreLeftAloneAndAllShardsAreTaken() {
        List<String> foreign = List.of(
                "lease#garbage",
                "lease#orders#shardId-000000000099",
                "leader",
                "plan#nobody",
                "plan#somebody#1",
                "plans",
                "quota#orders",
                "stream#unknown",
                "worker#garbage",
                "worker#somebody#1");
        foreign.forEach(this::damage);

        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, FAILOVER);
        sim.run(FAILOVER.multipliedBy(3));

        assertThat(alice.held).hasSize(8);
        // Only the leader's row says nothing that anybody needs, and stands in the way of the next one.
        assertThat(foreign)
                .filteredOn(entity -> !entity.equals("leader") && !entity.startsWith("plan"))
                .allMatch(entity -> row(entity) instanceof UnreadableRow);
        assertThat(row("leader")).isInstanceOf(LeaderRow.class);
    }

    @Test
    void leaseThatCannotBeReadIsTakenByNobodyNorMadeAgainUntilItIsMended() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, FAILOVER);
        leave(alice);
        LeaseRow before = (LeaseRow) row(Entity.lease(key(3)).text());
        table.put(before.withCheckpoint(SOMEWHERE)).join();
        damage(before.entity().text());

        ListeningWorker bob = worker("bob");
        sim.run(FAILOVER.multipliedBy(3));
        assertThat(bob.held).hasSize(7).doesNotContainKey(key(3));
        Row damaged = row(before.entity().text());
        assertThat(damaged).isInstanceOf(UnreadableRow.class);

        table.put(before.withCheckpoint(SOMEWHERE).withRevision(damaged.revision()))
                .join();
        sim.run(Duration.ofMinutes(2));
        assertThat(bob.held).hasSize(8);
        assertThat(bob.lease(3).checkpoint()).isEqualTo(SOMEWHERE);
    }

    @Test
    void workerWhoseRowCannotBeReadKeepsItsLeasesForAsLongAsItMayLive() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, FAILOVER);
        ListeningWorker bob = worker("bob");
        sim.runUntil(() -> bob.held.size() == 4 && alice.held.size() == 4, FAILOVER);
        String alices = Entity.worker(alice.coordinator.workerId()).text();

        damage(alices);
        sim.run(Duration.ofSeconds(5));

        // Its heartbeat failed, so it came back under another run; nothing was taken from it while it lived.
        sim.runUntil(() -> bob.held.size() == 4 && alice.held.size() == 4, FAILOVER.multipliedBy(2));
        assertThat(bob.lost).isEmpty();
    }

    @Test
    void leaderWhoseRowCannotBeReadLeadsOnAndTheNextOneReplacesIt() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, FAILOVER);
        damage("leader");
        ListeningWorker bob = worker("bob");
        sim.runUntil(() -> bob.held.size() == 4, FAILOVER);
        assertThat(row("leader")).isInstanceOf(UnreadableRow.class);

        leave(alice);
        sim.runUntil(() -> bob.held.size() == 8, FAILOVER);

        assertThat(((LeaderRow) row("leader")).leader()).isEqualTo(bob.coordinator.workerId());
        assertThat(((LeaderRow) row("leader")).epoch()).isGreaterThan(1);
    }

    @Test
    void planThatCannotBeReadIsWrittenAnew() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, FAILOVER);
        damage(Entity.plan(alice.coordinator.workerId()).text());

        ListeningWorker bob = worker("bob");
        sim.runUntil(() -> bob.held.size() == 4 && alice.held.size() == 4, FAILOVER);
        assertThat(alice.lost).isEmpty();
    }

    @Test
    void planThatCannotBeReadAndHasNoRevisionCostsItsWorkerItsLeasesForAMoment() {
        ListeningWorker alice = worker("alice");
        sim.runUntil(() -> alice.held.size() == 8, FAILOVER);
        Row plan = row(Entity.plan(alice.coordinator.workerId()).text());
        table.delete(plan).join();
        table.put(new UnreadableRow(plan.entity(), "", "damaged")).join();
        ListeningWorker bob = worker("bob");

        sim.runUntil(() -> bob.held.size() == 4 && alice.held.size() == 4, FAILOVER.multipliedBy(3));
    }

    @Test
    void streamWhoseRowCannotBeReadIsRefusedAndTheOthersAreRead() {
        leave(worker("alice"));
        StreamRow pinned = table.listMembers().join().streams().get(0);
        damage(pinned.entity().text());

        ListeningWorker bob = worker("bob");
        sim.runUntil(() -> bob.coordinator.start().isDone(), FAILOVER);
        assertThat(bob.coordinator.start())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(StartFailedException.class)
                .withMessageContaining("the row of stream orders in the lease table cannot be read (damaged)")
                .withMessageContaining("`millrace leases delete APP --stream orders`");

        ListeningWorker carol = new ListeningWorker(
                sim, stream, "carol", List.of(settings(FakeStream.NAME), settings(FakeStream.OTHER)), table);
        sim.runUntil(() -> carol.reads(FakeStream.OTHER) == 8, FAILOVER);
        assertThat(carol.reads(FakeStream.NAME)).isZero();

        table.put(pinned.withRevision(row(pinned.entity().text()).revision())).join();
        sim.runUntil(() -> carol.reads(FakeStream.NAME) == 8, Duration.ofMinutes(3));
    }

    private static StreamSettings settings(StreamName name) {
        return new StreamSettings(name, Position.trimHorizon());
    }

    /** Writes a row that cannot be read over whatever is there. */
    private void damage(String entity) {
        long revision = table.get(entity(entity)).join().map(Row::revision).orElse(0L);
        UnreadableRow damaged = new UnreadableRow(entity(entity), Long.toString(revision), "damaged");
        assertThat(table.put(damaged).join().isApplied()).isTrue();
    }

    private Row row(String entity) {
        return table.get(entity(entity)).join().orElseThrow();
    }

    private static Entity entity(String text) {
        return new Entity(text);
    }

    private void leave(ListeningWorker worker) {
        sim.runUntil(() -> worker.held.size() > 0, FAILOVER);
        CompletableFuture<CloseReport> left = worker.coordinator.close(Duration.ofSeconds(1));
        sim.runUntil(left::isDone, FAILOVER);
    }

    private static LeaseKey key(int shard) {
        return new LeaseKey(FakeStream.NAME, ShardId.of(shard));
    }

    private ListeningWorker worker(String name) {
        return new ListeningWorker(sim, stream, name, FakeStream.NAME, Position.trimHorizon(), table);
    }
}
