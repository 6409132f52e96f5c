package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.PassingLoop;
import io.millrace.sim.PassingPlatform;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What two threads ask of one lease may come to the loop in another order than they asked. */
final class TwoThreadsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Simulation sim = new Simulation(5);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final List<HeldLease> held = new ArrayList<>();
    private Runnable other = () -> {};

    @Test
    void theFurthestOfTheCheckpointsGoesWithTheRelease() {
        LeaseSettings settings = LeaseSettings.builder().stream(FakeStream.NAME, Position.trimHorizon())
                .build();
        LeaseCoordinator coordinator = LeaseCoordinator.create(
                settings, table, new FakeStream(1), new Listener(), new Overtaken(), new SimpleMeterRegistry());
        assertThat(coordinator.start()).isNotCompletedExceptionally();
        sim.runUntil(() -> held.size() == 1, SECOND);
        HeldLease lease = held.get(0);

        // While this is written the others wait.
        CompletableFuture<CheckpointOutcome> first = Saving.save(lease, at(1));
        List<CompletableFuture<CheckpointOutcome>> further = new ArrayList<>();
        other = () -> further.add(Saving.save(lease, at(7)));
        CompletableFuture<CheckpointOutcome> lesser = lease.release(at(5));
        sim.runUntil(lesser::isDone, SECOND);

        assertThat(first).isCompletedWithValue(CheckpointOutcome.SAVED);
        assertThat(further).hasSize(1);
        assertThat(further.get(0)).isCompletedWithValue(CheckpointOutcome.SAVED);
        assertThat(lesser).isCompletedWithValue(CheckpointOutcome.SAVED);
        LeaseRow row = table.listLeases().join().get(0);
        assertThat(row.checkpoint()).isEqualTo(at(7));
    }

    private static Checkpoint at(int number) {
        return Checkpoint.processed(RecordPosition.of(SequenceNumber.parse(Integer.toString(number))));
    }

    private final class Listener implements LeaseListener {
        @Override
        public void leaseTaken(HeldLease lease) {
            held.add(lease);
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {}

        @Override
        public void leaseLost(HeldLease lease, String reason) {}
    }

    /** Whoever sends the loop something is overtaken by {@link #other}, once. */
    private final class Overtaken extends PassingPlatform {
        Overtaken() {
            super(sim);
        }

        @Override
        public EventLoop newEventLoop(String name) {
            return new PassingLoop(super.newEventLoop(name)) {
                @Override
                public void execute(Runnable task) {
                    Runnable first = other;
                    other = () -> {};
                    first.run();
                    super.execute(task);
                }
            };
        }
    }
}
