package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.WorkerRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Position;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A failover time of 10 s: a beat every 2 s, and a proof for 8 s, the first from the start of the simulation. */
final class HeartbeatTest {
    private static final Duration MOMENT = Duration.ofMillis(1);

    private final Simulation sim = new Simulation(7);
    private final SimHost host = new SimHost(sim, 1);
    private final SlowTable table = new SlowTable();
    private final List<String> lost = new ArrayList<>();
    private final Wiring wiring = wiring();
    private final Heartbeat heartbeat;

    HeartbeatTest() {
        WorkerRow row = new WorkerRow(
                new WorkerId("alice", "1"), 0, WorkerRow.State.ACTIVE, 0, 0, new WorkerRow.Info("", "", 0));
        assertThat(table.rows.put(row)).isCompleted();
        heartbeat = new Heartbeat(
                wiring, wiring.newSureTable(), row.withRevision(1), wiring.now(), reason -> lost.add(reason));
    }

    @BeforeEach
    void start() {
        heartbeat.start();
    }

    @Test
    void confirmedBeatsKeepTheProof() {
        sim.run(Duration.ofMinutes(1));

        assertThat(heartbeat.proof().isCurrent()).isTrue();
        assertThat(lost).isEmpty();
    }

    @Test
    void beatProvesLifeFromWhenItWasSentAndNotFromItsAnswer() {
        table.answerAfter = Duration.ofMillis(1500);
        table.answers = 1;

        runTo(Duration.ofSeconds(10).minus(MOMENT));
        assertThat(heartbeat.proof().isCurrent()).isTrue();
        runTo(Duration.ofSeconds(10).plus(MOMENT));
        assertThat(heartbeat.proof().isCurrent()).isFalse();
        assertThat(lost).hasSize(1);
    }

    @Test
    void beatWhoseAnswerWasLostProvesLifeFromItsFirstSending() {
        table.losesAnswers = 1;
        table.answers = 2;

        runTo(Duration.ofSeconds(10).minus(MOMENT));
        assertThat(heartbeat.proof().isCurrent()).isTrue();
        runTo(Duration.ofSeconds(10).plus(MOMENT));
        assertThat(heartbeat.proof().isCurrent()).isFalse();
    }

    @Test
    void answerThatIsReadAfterTheProofRanOutDoesNotReviveIt() {
        table.answerAfter = Duration.ofMillis(100);
        sim.run(Duration.ofMillis(2050));
        host.pause(Duration.ofSeconds(7));

        runTo(Duration.ofSeconds(9));
        assertThat(heartbeat.proof().isCurrent()).as("while it stood still").isFalse();
        runTo(Duration.ofMillis(9100));
        assertThat(heartbeat.proof().isCurrent())
                .as("after the beat of second 2 was found confirmed")
                .isFalse();
        assertThat(lost).hasSize(1);
    }

    /** The first two are due by then as usual, the next three seconds later each. */
    @Test
    void fewerBeatsAreSentWhileTheTableRefusesWrites() {
        table.answers = 1000;
        runTo(Duration.ofMillis(2500));
        wiring.pacer().budget().refused(wiring.now());
        runTo(Duration.ofMillis(9900));

        assertThat(1000 - table.answers).isEqualTo(3);
        assertThat(heartbeat.proof().isCurrent()).isTrue();
    }

    private void runTo(Duration time) {
        sim.run(time.minus(sim.elapsed()));
    }

    private Wiring wiring() {
        LeaseSettings settings = LeaseSettings.builder().stream(FakeStream.NAME, Position.trimHorizon())
                .failoverTime(Duration.ofSeconds(10))
                .build();
        EventLoop loop = host.newEventLoop("leases");
        return new Wiring(
                settings,
                table,
                new FakeStream(1),
                new NoLeases(),
                host,
                loop,
                new LeaseMeters(new SimpleMeterRegistry(), "alice"),
                new TableLoss(loop, host, settings.failoverTime()));
    }

    private static final class NoLeases implements LeaseListener {
        @Override
        public void leaseTaken(HeldLease lease) {
            throw new AssertionError("a heartbeat takes no leases");
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {
            throw new AssertionError("a heartbeat asks for no leases");
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            throw new AssertionError("a heartbeat loses no leases");
        }
    }

    /** Applies a write at once and answers later; may lose the first answers, and falls silent after some writes. */
    private final class SlowTable implements LeaseTable {
        final InMemoryLeaseTable rows = new InMemoryLeaseTable();
        Duration answerAfter = Duration.ofMillis(10);
        int answers = Integer.MAX_VALUE;
        int losesAnswers;

        @Override
        public CompletableFuture<WriteOutcome> put(Row row) {
            CompletableFuture<WriteOutcome> answer = new CompletableFuture<>();
            if (answers-- <= 0) {
                return answer;
            }
            WriteOutcome outcome = rows.put(row).join();
            if (losesAnswers-- <= 0) {
                sim.at(answerAfter, () -> answer.complete(outcome));
            }
            return answer;
        }

        @Override
        public CompletableFuture<Boolean> ensureTable() {
            throw new UnsupportedOperationException("a heartbeat only writes");
        }

        @Override
        public CompletableFuture<Optional<Row>> get(Entity entity) {
            throw new UnsupportedOperationException("a heartbeat only writes");
        }

        @Override
        public CompletableFuture<Members> listMembers() {
            throw new UnsupportedOperationException("a heartbeat only writes");
        }

        @Override
        public CompletableFuture<List<PlanRow>> listPlans() {
            throw new UnsupportedOperationException("a heartbeat only writes");
        }

        @Override
        public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
            throw new UnsupportedOperationException("a heartbeat only writes");
        }

        @Override
        public CompletableFuture<List<LeaseRow>> listLeases() {
            throw new UnsupportedOperationException("a heartbeat only writes");
        }

        @Override
        public CompletableFuture<WriteOutcome> delete(Row seen) {
            throw new UnsupportedOperationException("a heartbeat only writes");
        }
    }
}
