package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.PauseRow;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What people pause by the table, as its holders hear it, in virtual time. */
final class PauseTest {
    private static final Duration POLL = Duration.ofMillis(300);
    private static final String NOTE = "today by me";

    private final Simulation sim = new Simulation(7);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final FakeStream stream = new FakeStream(8);

    @Test
    void pausedShardIsToldToItsHolderWithinAPollAndSoIsItsEnd() {
        Holder alice = holder("alice");

        put(pauses().with(key(3), NOTE));
        sim.run(POLL);

        assertThat(alice.told).containsExactly("paused 3");
        assertThat(alice.held.get(key(3))).matches(HeldLease::paused);
        assertThat(alice.held.values().stream().filter(HeldLease::paused)).hasSize(1);

        put(pauses().without(key(3)));
        sim.run(POLL);
        assertThat(alice.told).containsExactly("paused 3", "resumed 3");
        assertThat(alice.held.values()).noneMatch(HeldLease::paused);
        sim.run(Duration.ofMinutes(1));
        assertThat(alice.told).hasSize(2);
    }

    @Test
    void leaseOfAPausedShardStaysWhereItIsAndIsStillCheckpointed() {
        Holder alice = holder("alice");
        put(pauses().withAll(NOTE));
        sim.run(Duration.ofMinutes(2));

        assertThat(alice.held).hasSize(8);
        assertThat(alice.told).hasSize(8).allMatch(line -> line.startsWith("paused "));
        Checkpoint inHand = Checkpoint.processed(RecordPosition.of(SequenceNumber.parse("77777")));
        CompletableFuture<CheckpointOutcome> saved = Saving.save(held(alice, 3), inHand);
        sim.run(POLL);
        assertThat(saved).isCompletedWithValue(CheckpointOutcome.SAVED);
    }

    @Test
    void whoTakesAPausedLeaseFindsItPausedAndIsNotToldBesides() {
        Holder alice = holder("alice");
        put(pauses().withAll(NOTE).with(key(3), NOTE));
        sim.run(POLL);
        Holder bob = holder("bob");
        sim.runUntil(() -> bob.held.size() == 4, Duration.ofSeconds(10));

        assertThat(bob.held.values()).allMatch(HeldLease::paused);
        assertThat(bob.told).isEmpty();

        put(pauses().withoutAny());
        sim.run(POLL);
        assertThat(Stream.of(alice, bob).flatMap(holder -> holder.told.stream()))
                .filteredOn(line -> line.startsWith("resumed "))
                .hasSize(8);
    }

    @Test
    void endOfAPauseOfAllLeavesThatOfOneShard() {
        Holder alice = holder("alice");
        put(pauses().withAll(NOTE).with(key(3), NOTE));
        sim.run(POLL);
        PauseRow both = pauses();
        put(new PauseRow(both.revision(), null, both.leases()));
        sim.run(POLL);

        assertThat(alice.held.values().stream().filter(HeldLease::paused))
                .extracting(HeldLease::key)
                .containsExactly(key(3));
    }

    @Test
    void rowThatCannotBeReadChangesNothingAndOneThatIsGoneEndsAllPauses() {
        Holder alice = holder("alice");
        put(pauses().with(key(3), NOTE));
        sim.run(POLL);
        assertThat(table.put(new UnreadableRow(Entity.pauses(), Long.toString(pauses().revision()), "damaged")))
                .isCompleted();
        sim.run(Duration.ofMinutes(1));
        assertThat(alice.told).containsExactly("paused 3");

        assertThat(table.delete(table.get(Entity.pauses()).join().orElseThrow()))
                .isCompleted();
        sim.run(POLL);
        assertThat(alice.told).containsExactly("paused 3", "resumed 3");
    }

    /** A lease that is asked for is on its way out: its holder drains it. */
    @Test
    void leaseThatIsAskedForIsNotToldToPause() {
        Holder alice = holder("alice");
        alice.keeps = true;
        CompletableFuture<CloseReport> closed = alice.coordinator.close(Duration.ofSeconds(5));
        sim.run(POLL);
        put(pauses().withAll(NOTE));
        sim.runUntil(closed::isDone, Duration.ofSeconds(10));

        assertThat(alice.told).isEmpty();
    }

    private Holder holder(String name) {
        Holder holder = new Holder(name);
        sim.runUntil(() -> !holder.held.isEmpty(), Duration.ofSeconds(10));
        sim.run(Duration.ofSeconds(1));
        return holder;
    }

    private PauseRow pauses() {
        return table.get(Entity.pauses()).join().map(PauseRow.class::cast).orElse(PauseRow.NONE);
    }

    private void put(PauseRow row) {
        assertThat(table.put(row).join().isApplied()).isTrue();
    }

    private static HeldLease held(Holder holder, int shard) {
        return requireNonNull(holder.held.get(key(shard)));
    }

    private static LeaseKey key(int shard) {
        return new LeaseKey(FakeStream.NAME, ShardId.of(shard));
    }

    /** A worker that writes down what it hears. */
    private final class Holder implements LeaseListener {
        private final Map<LeaseKey, HeldLease> held = new TreeMap<>();
        private final List<String> told = new ArrayList<>();
        private final LeaseCoordinator coordinator;
        /** It does not give back what it is asked for. */
        private boolean keeps;

        Holder(String name) {
            LeaseSettings settings = LeaseSettings.builder().workerName(name).stream(
                            FakeStream.NAME, Position.trimHorizon())
                    .build();
            coordinator = LeaseCoordinator.create(settings, table, stream, this, sim, new SimpleMeterRegistry());
            assertThat(coordinator.start()).isNotCompletedExceptionally();
        }

        @Override
        public void leaseTaken(HeldLease lease) {
            held.put(lease.key(), lease);
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {
            if (!keeps) {
                held.remove(lease.key());
                assertThat(lease.release(lease.checkpoint())).isNotCompletedExceptionally();
            }
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            held.remove(lease.key());
        }

        @Override
        public void leasePaused(HeldLease lease) {
            hear("paused", lease);
        }

        @Override
        public void leaseResumed(HeldLease lease) {
            hear("resumed", lease);
        }

        private void hear(String what, HeldLease lease) {
            told.add(what + " " + lease.key().shard().value().replaceFirst("shardId-0*(?=.)", ""));
        }
    }
}
