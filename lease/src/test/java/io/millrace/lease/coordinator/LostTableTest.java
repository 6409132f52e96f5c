package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.LostTable;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.TableMissingException;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What must be in the table and is gone: workers say so, and read again from the beginning only if told to. */
final class LostTableTest {
    private static final Duration FAILOVER = Duration.ofSeconds(4);
    private static final Duration TWO_FAILOVERS = FAILOVER.multipliedBy(2);
    private static final Checkpoint SOMEWHERE = Checkpoint.processed(new RecordPosition(SequenceNumber.parse("77"), 0));

    private final Simulation sim = new Simulation(11);
    private final FakeStream stream = new FakeStream(4);
    private final InMemoryLeaseTable table = new InMemoryLeaseTable();
    private final List<Worker> workers = new ArrayList<>();

    LostTableTest() {
        stream.tellTimeOf(sim.clock());
    }

    @Test
    void allRowsDeletedStopAllWorkersWithOneLineAndNothingIsMadeAgain() {
        running(LostTable.STOP, 3);

        rows().forEach(this::delete);
        sim.run(TWO_FAILOVERS);

        assertThat(workers)
                .allSatisfy(worker -> assertThat(worker.told)
                        .singleElement()
                        .asString()
                        .contains("the row of stream orders is gone")
                        .contains("--on-lost-table restart"));
        assertThat(workers)
                .allMatch(worker -> worker.coordinator.close(FAILOVER).isDone());
        assertThat(workers).allMatch(worker -> worker.held.isEmpty());
        assertThat(leases()).isEmpty();
    }

    @Test
    void allRowsDeletedBeginAgainWhereTheApplicationBeginsIfToldSo() {
        running(LostTable.RESTART, 3);

        rows().forEach(this::delete);
        sim.runUntil(() -> held() == 0, FAILOVER);
        sim.runUntil(() -> held() == 4, TWO_FAILOVERS);
        sim.run(TWO_FAILOVERS);

        assertThat(held()).isEqualTo(4);
        assertThat(leases()).allMatch(row -> row.checkpoint().equals(Checkpoint.notStarted(Position.trimHorizon())));
        assertThat(workers).allMatch(worker -> worker.told.isEmpty());
    }

    @Test
    void deletedTableStopsAllWorkers() {
        Deletable deletable = new Deletable(table);
        running(LostTable.STOP, 2, deletable);

        deletable.missing = true;
        sim.run(TWO_FAILOVERS);

        assertThat(workers)
                .allSatisfy(worker -> assertThat(worker.told)
                        .singleElement()
                        .asString()
                        .contains("the lease table does not exist any more"));
        assertThat(workers)
                .allMatch(worker -> worker.coordinator.close(FAILOVER).isDone());
    }

    @Test
    void deletedTableIsMadeAgainIfToldSo() {
        Deletable deletable = new Deletable(table);
        running(LostTable.RESTART, 2, deletable);

        rows().forEach(this::delete);
        deletable.missing = true;
        sim.runUntil(() -> held() == 0, FAILOVER);
        sim.runUntil(() -> held() == 4, FAILOVER.multipliedBy(3));

        assertThat(workers).allMatch(worker -> worker.told.isEmpty());
    }

    @Test
    void tableThatIsMissingForAMomentIsNotGone() {
        Deletable deletable = new Deletable(table);
        running(LostTable.STOP, 2, deletable);

        deletable.missing = true;
        sim.run(FAILOVER.dividedBy(4));
        deletable.missing = false;
        sim.run(TWO_FAILOVERS);

        assertThat(workers).allMatch(worker -> worker.told.isEmpty());
        assertThat(held()).isEqualTo(4);
    }

    @Test
    void leasesThatAreAllGoneAreToldAndNotMadeAgain() {
        running(LostTable.STOP, 2);

        leases().forEach(this::delete);
        sim.run(TWO_FAILOVERS);

        assertThat(workers)
                .allSatisfy(worker -> assertThat(worker.told)
                        .singleElement()
                        .asString()
                        .contains("all leases of stream orders are gone"));
        assertThat(leases()).isEmpty();

        Worker next = worker("next", LostTable.STOP, table);
        sim.run(TWO_FAILOVERS);
        assertThat(next.told).hasSize(1);
        assertThat(leases()).isEmpty();
    }

    @Test
    void leasesThatAreAllGoneBeginAgainIfToldSo() {
        running(LostTable.RESTART, 2);

        leases().forEach(this::delete);
        sim.runUntil(() -> held() == 0, TWO_FAILOVERS);
        sim.runUntil(() -> held() == 4, FAILOVER.multipliedBy(3));

        assertThat(leases()).allMatch(row -> row.checkpoint().equals(Checkpoint.notStarted(Position.trimHorizon())));
    }

    @Test
    void withTheRowOfTheStreamMadeAgainLeasesGoOnWhereTheyWere() {
        running(LostTable.RESTART, 2);

        delete(table.listMembers().join().streams().get(0));
        sim.runUntil(() -> held() == 0, FAILOVER);
        sim.runUntil(() -> held() == 4, FAILOVER.multipliedBy(3));

        assertThat(leases()).allMatch(row -> row.checkpoint().equals(SOMEWHERE));
    }

    @Test
    void workerWhoseOwnRowAloneIsGoneComesBack() {
        running(LostTable.STOP, 2);

        delete(table.listMembers().join().workers().get(0));
        sim.run(TWO_FAILOVERS);

        assertThat(workers).allMatch(worker -> worker.told.isEmpty());
        assertThat(held()).isEqualTo(4);
        assertThat(leases()).allMatch(row -> row.checkpoint().equals(SOMEWHERE));
    }

    private void running(LostTable reaction, int count) {
        running(reaction, count, table);
    }

    private void running(LostTable reaction, int count, LeaseTable way) {
        for (int i = 0; i < count; i++) {
            worker("w" + i, reaction, way);
        }
        sim.runUntil(() -> held() == 4 && workers.stream().noneMatch(one -> one.held.isEmpty()), TWO_FAILOVERS);
        workers.forEach(worker -> worker.held.values().forEach(lease -> {
            CompletableFuture<CheckpointOutcome> saved = Saving.save(lease, SOMEWHERE);
            sim.runUntil(saved::isDone, FAILOVER);
        }));
        sim.run(FAILOVER);
    }

    private Worker worker(String name, LostTable reaction, LeaseTable way) {
        Worker worker = new Worker(name, reaction, way);
        workers.add(worker);
        return worker;
    }

    private int held() {
        return workers.stream().mapToInt(worker -> worker.held.size()).sum();
    }

    private List<LeaseRow> leases() {
        return table.listLeases().join();
    }

    private List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        Members members = table.listMembers().join();
        rows.addAll(members.workers());
        rows.addAll(table.listPlans().join());
        rows.addAll(leases());
        table.get(Entity.news()).join().ifPresent(rows::add);
        table.get(Entity.leader()).join().ifPresent(rows::add);
        rows.addAll(members.streams());
        return rows;
    }

    private void delete(Row row) {
        assertThat(table.delete(row).join().isApplied()).isTrue();
    }

    private final class Worker implements LeaseListener {
        final Map<LeaseKey, HeldLease> held = new TreeMap<>();
        final List<String> told = new ArrayList<>();
        final LeaseCoordinator coordinator;

        Worker(String name, LostTable reaction, LeaseTable way) {
            LeaseSettings settings = LeaseSettings.builder().workerName(name).stream(
                            FakeStream.NAME, Position.trimHorizon())
                    .failoverTime(FAILOVER)
                    .onLostTable(reaction)
                    .build();
            coordinator = LeaseCoordinator.create(settings, way, stream, this, sim, new SimpleMeterRegistry());
            assertThat(coordinator.start()).isNotCompletedExceptionally();
        }

        @Override
        public void leaseTaken(HeldLease lease) {
            held.put(lease.key(), lease);
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {
            held.remove(lease.key(), lease);
            assertThat(lease.release(lease.checkpoint())).isNotCompletedExceptionally();
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            held.remove(lease.key(), lease);
        }

        @Override
        public void tableLost(String reason) {
            told.add(reason);
        }
    }

    /** A table that does not exist while it is missing, unless somebody makes it. */
    private static final class Deletable extends PassingTable {
        boolean missing;

        Deletable(LeaseTable inner) {
            super(inner);
        }

        @Override
        public CompletableFuture<Boolean> ensureTable() {
            missing = false;
            return super.ensureTable();
        }

        @Override
        public CompletableFuture<Optional<Row>> get(Entity entity) {
            return missing ? gone() : super.get(entity);
        }

        @Override
        public CompletableFuture<Members> listMembers() {
            return missing ? gone() : super.listMembers();
        }

        @Override
        public CompletableFuture<List<LeaseRow>> listLeases() {
            return missing ? gone() : super.listLeases();
        }

        @Override
        public CompletableFuture<WriteOutcome> put(Row row) {
            return missing ? gone() : super.put(row);
        }

        @Override
        public CompletableFuture<WriteOutcome> delete(Row seen) {
            return missing ? gone() : super.delete(seen);
        }

        private static <T> CompletableFuture<T> gone() {
            return CompletableFuture.failedFuture(new TableMissingException("no such table", null));
        }
    }
}
