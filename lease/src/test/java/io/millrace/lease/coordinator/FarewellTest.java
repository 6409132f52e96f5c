package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableUnavailableException;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Position;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class FarewellTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final Simulation sim = new Simulation(7);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final FakeStream stream = new FakeStream(8);

    @Test
    void leavingLeadersShardsWaitForTheirNewOwnersAndGoAtThePaceAtWhichTheyAreTaken() {
        ListeningWorker alice = worker("alice", table);
        sim.runUntil(() -> alice.held.size() == 8, SECOND);
        ListeningWorker bob = worker("bob", table);
        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));
        AtomicLong mostWithoutOwner = new AtomicLong();

        CompletableFuture<CloseReport> report = alice.coordinator.close(DEADLINE);
        sim.runUntil(
                () -> {
                    mostWithoutOwner.accumulateAndGet(withoutOwner(), Math::max);
                    return bob.held.size() == 8;
                },
                SECOND.multipliedBy(3));

        assertThat(mostWithoutOwner).as("not all four at once").hasValueLessThanOrEqualTo(2);
        sim.runUntil(report::isDone, SECOND);
        assertThat(report.join().released()).hasSize(4);
        assertThat(report.join().rowsRemoved()).isTrue();
    }

    @Test
    void leavingWorkersShardsWaitForNoPlanWhenNobodyStays() {
        ListeningWorker alice = worker("alice", table);
        ListeningWorker bob = worker("bob", table);
        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, SECOND.multipliedBy(3));

        CompletableFuture<CloseReport> first = alice.coordinator.close(DEADLINE);
        CompletableFuture<CloseReport> second = bob.coordinator.close(DEADLINE);

        sim.runUntil(() -> first.isDone() && second.isDone(), SECOND);
        assertThat(first.join().released()).hasSize(4);
        assertThat(second.join().released()).hasSize(4);
    }

    @Test
    void lastWorkerLeavesAtOnce() {
        ListeningWorker alice = worker("alice", table);
        sim.runUntil(() -> alice.held.size() == 8, SECOND);

        CompletableFuture<CloseReport> report = alice.coordinator.close(DEADLINE);

        sim.runUntil(report::isDone, Duration.ofMillis(50));
        assertThat(report.join().released()).hasSize(8);
    }

    @Test
    void leavingWorkersShardsAreGivenBackInTimeWhereNoPlanNamesNewOwners() {
        AtomicBoolean cut = new AtomicBoolean();
        LeaseTable way = new PassingTable(table) {
            @Override
            public CompletableFuture<WriteOutcome> put(Row row) {
                return cut.get() && row instanceof PlanRow
                        ? CompletableFuture.failedFuture(new TableUnavailableException("cut off", null))
                        : super.put(row);
            }
        };
        ListeningWorker leader = worker("alice", way);
        sim.runUntil(() -> leader.held.size() == 8, SECOND);
        ListeningWorker leaver = worker("bob", table);
        sim.runUntil(() -> leader.held.size() == 4 && leaver.held.size() == 4, SECOND.multipliedBy(3));
        cut.set(true);

        CompletableFuture<CloseReport> report = leaver.coordinator.close(DEADLINE);

        sim.runUntil(report::isDone, SECOND.multipliedBy(3));
        assertThat(report.join().released()).hasSize(4);
    }

    private long withoutOwner() {
        return table.listLeases().join().stream()
                .filter(row -> row.owner().isEmpty())
                .count();
    }

    private ListeningWorker worker(String name, LeaseTable way) {
        return new ListeningWorker(sim, stream, name, FakeStream.NAME, Position.trimHorizon(), way);
    }
}
