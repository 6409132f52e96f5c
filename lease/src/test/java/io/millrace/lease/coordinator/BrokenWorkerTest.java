package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableRefusedException;
import io.millrace.lease.table.TableUnavailableException;
import io.millrace.lease.table.WorkerRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Position;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Workers that stand still, break in themselves, or cannot start: nobody keeps what is not processed, or waits for ever. */
final class BrokenWorkerTest {
    private static final Duration FAILOVER = Duration.ofSeconds(10);

    private final Simulation sim = new Simulation(11);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final FakeStream stream = new FakeStream(8);

    @Test
    void workerWhoseHolderDoesNotAnswerLosesItsLeasesAndJoinsAgainOnceThereIsAnAnswer() {
        ListeningWorker alice = worker("alice", table);
        ListeningWorker bob = worker("bob", table);
        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, Duration.ofSeconds(5));

        alice.isSilent = true;
        sim.runUntil(() -> alice.held.isEmpty(), FAILOVER);
        assertThat(alice.lost).hasSize(4).allMatch(line -> line.contains("have not answered for PT8S"));
        sim.runUntil(() -> bob.held.size() == 8, FAILOVER);
        sim.run(FAILOVER.multipliedBy(3));
        assertThat(alice.held).isEmpty();

        alice.answer();
        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, Duration.ofSeconds(5));
    }

    @Test
    void errorInALifeEndsThatLifeAndTheNextOneTakesItsLeases() {
        AtomicInteger reads = new AtomicInteger();
        sim.bearContainedErrors();
        ListeningWorker alice = worker("alice", new PassingTable(table) {
            @Override
            public CompletableFuture<Members> listMembers() {
                if (reads.incrementAndGet() == 20) {
                    throw new AssertionError("a bug, made on purpose");
                }
                return super.listMembers();
            }
        });
        sim.runUntil(() -> alice.held.size() == 8, Duration.ofSeconds(5));
        sim.runUntil(() -> alice.lost.size() == 8, Duration.ofSeconds(30));
        assertThat(alice.held).isEmpty();
        sim.runUntil(() -> alice.held.size() == 8, Duration.ofSeconds(5));
    }

    @Test
    void holderThatThrowsKeepsNothingFromAnyOther() {
        sim.bearContainedErrors();
        ListeningWorker alice = worker("alice", table);
        alice.throwing = true;
        ListeningWorker bob = worker("bob", table);
        sim.runUntil(() -> bob.held.size() == 4, Duration.ofSeconds(5));
        alice.throwing = false;
        sim.runUntil(() -> alice.held.size() == 4, Duration.ofSeconds(5));

        alice.throwing = true;
        alice.isSilent = true;
        sim.runUntil(() -> bob.held.size() == 8, FAILOVER.multipliedBy(2));
        alice.throwing = false;
        alice.held.clear();
        alice.answer();
        sim.runUntil(() -> alice.held.size() == 4 && bob.held.size() == 4, Duration.ofSeconds(5));
        CompletableFuture<CloseReport> closed = alice.coordinator.close(FAILOVER);
        sim.runUntil(closed::isDone, Duration.ofSeconds(5));
    }

    @Test
    void leaderThatBreaksInItsWorkDoesNotLeadOnForNothing() {
        AtomicInteger plans = new AtomicInteger();
        sim.bearContainedErrors();
        LeaseTable breaking = new PassingTable(table) {
            @Override
            public CompletableFuture<WriteOutcome> put(Row row) {
                if (row instanceof PlanRow && plans.incrementAndGet() == 1) {
                    throw new AssertionError("a bug, made on purpose");
                }
                return super.put(row);
            }
        };
        ListeningWorker alice = worker("alice", breaking);
        sim.runUntil(() -> alice.held.size() == 8, FAILOVER.multipliedBy(2));
        assertThat(plans).hasValueGreaterThan(1);
    }

    @Test
    void startFailsAtOnceWhereTheTableRefusesQueries() {
        ListeningWorker alice = worker("alice", new PassingTable(table) {
            @Override
            public CompletableFuture<Members> listMembers() {
                return CompletableFuture.failedFuture(
                        new TableRefusedException("DynamoDB refuses Query on table 'millrace': not authorized", null));
            }
        });
        CompletableFuture<Void> started = alice.coordinator.start();
        sim.runUntil(started::isDone, Duration.ofSeconds(1));
        assertThat(started)
                .isCompletedExceptionally()
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withMessageContaining("DynamoDB refuses Query on table 'millrace'");
        assertThat(alice.coordinator.close(FAILOVER)).isDone();
    }

    @Test
    void startGivesUpWhereTheTableTakesNoRowOfAWorkerAndSaysWhy() {
        ListeningWorker alice = worker("alice", new PassingTable(table) {
            @Override
            public CompletableFuture<WriteOutcome> put(Row row) {
                return row instanceof WorkerRow
                        ? CompletableFuture.failedFuture(new TableUnavailableException("too many writes", null))
                        : super.put(row);
            }
        });
        CompletableFuture<Void> started = alice.coordinator.start();
        sim.runUntil(started::isDone, Duration.ofSeconds(15));
        assertThat(started)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withMessageContaining("gave up starting after 10 s: too many writes");
        CompletableFuture<CloseReport> closed = alice.coordinator.close(FAILOVER);
        sim.runUntil(closed::isDone, Duration.ofSeconds(5));
    }

    @Test
    void closeReturnsWhileTheStartIsWaiting() {
        ListeningWorker alice = worker("alice", new PassingTable(table) {
            @Override
            public CompletableFuture<List<PlanRow>> listPlans() {
                return new CompletableFuture<>();
            }
        });
        sim.run(Duration.ofSeconds(1));
        assertThat(alice.coordinator.start()).isNotDone();
        CompletableFuture<CloseReport> closed = alice.coordinator.close(FAILOVER);
        sim.runUntil(closed::isDone, Duration.ofSeconds(5));
        assertThat(alice.coordinator.start()).isCompletedExceptionally();
    }

    private ListeningWorker worker(String name, LeaseTable way) {
        return new ListeningWorker(sim, stream, name, FakeStream.NAME, Position.trimHorizon(), way);
    }
}
