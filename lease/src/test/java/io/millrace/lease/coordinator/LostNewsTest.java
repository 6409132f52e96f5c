package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.admin.LeaseReset;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Plans that were made anew by somebody who was gone before he could tell of them. */
final class LostNewsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    /** The usual time from one look of the leader to the next. */
    private static final Duration LOOK = Duration.ofMinutes(1);

    private static final Checkpoint TARGET = Checkpoint.processed(RecordPosition.of(SequenceNumber.parse("77777")));

    private final Simulation sim = new Simulation(7);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final FakeStream stream = new FakeStream(8);

    @Test
    void leaseThatWasResetIsTakenAgainThoughNobodyToldOfIt() {
        ListeningWorker alice = worker("alice");
        ListeningWorker bob = worker("bob");
        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));
        sim.run(Duration.ofMinutes(1));
        HeldLease idle = alice.held.values().iterator().next();

        reset(idle.key());
        table.listPlans().join().forEach(plan -> assertThat(table.put(plan)).isCompleted());
        sim.runUntil(
                () -> alice.held.containsKey(idle.key())
                        && alice.held.get(idle.key()).checkpoint().equals(TARGET),
                LOOK.plus(SECOND.multipliedBy(2)));

        assertThat(idle.isValid()).isFalse();
    }

    private void reset(LeaseKey key) {
        LeaseRow seen = table.listLeases().join().stream()
                .filter(row -> row.key().equals(key))
                .findFirst()
                .orElseThrow();
        assertThat(new LeaseReset(table, Set.of()).run(seen.movedTo(TARGET, seen.lineage()), Optional.of(seen)))
                .isCompletedWithValue(new LeaseReset.Outcome.Moved(Optional.of(seen)));
    }

    private ListeningWorker worker(String name) {
        return new ListeningWorker(sim, stream, name, FakeStream.NAME, Position.trimHorizon(), table);
    }
}
