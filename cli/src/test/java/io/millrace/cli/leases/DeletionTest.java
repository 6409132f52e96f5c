package io.millrace.cli.leases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.Members;
import io.millrace.lease.table.NewsRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.TableUnavailableException;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.SystemPlatform;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class DeletionTest {
    private static final StreamName ORDERS = new StreamName("orders");
    private static final StreamName LOGS = new StreamName("logs");
    private static final WorkerId DEAD = new WorkerId("dead", "1");
    private static final WorkerId LATE = new WorkerId("late", "2");

    private final List<String> told = new ArrayList<>();

    @Test
    void allRowsOfTheApplicationGo() {
        LeaseTable table = application();

        assertThat(deletion(table, Optional.empty()).run()).isTrue();

        assertThat(rows(table)).isEmpty();
        assertThat(told)
                .containsExactly(
                        "deleted logs/shardId-000000000000 at trim_horizon",
                        "deleted orders/shardId-000000000000 at trim_horizon",
                        "deleted orders/shardId-000000000001 at trim_horizon",
                        "deleted the row of stream logs",
                        "deleted the row of stream orders");
        assertThat(deletion(table, Optional.empty()).run()).isFalse();
    }

    @Test
    void rowsThatCannotBeReadGoToo() {
        LeaseTable table = application();
        unreadable(table, "lease#orders#shardId-000000000009");
        unreadable(table, "stream#broken");
        unreadable(table, "worker#foreign");

        assertThat(deletion(table, Optional.of(ORDERS)).run()).isTrue();
        assertThat(told).contains("deleted the row 'lease#orders#shardId-000000000009', which could not be read");
        assertThat(view(table).unreadable()).hasSize(2);

        assertThat(deletion(table, Optional.empty()).run()).isTrue();
        assertThat(view(table).unreadable()).isEmpty();
        assertThat(rows(table)).isEmpty();
    }

    @Test
    void workerWhoseRowCannotBeReadAndMovesLives() {
        LeaseTable table = application();
        Entity newer = unreadable(table, "worker#newer#1");
        TableView view = view(table);
        view.look();
        table.put(table.get(newer).join().orElseThrow()).join();

        assertThatThrownBy(() -> view.refuseWhileWorkersLive("stop it"))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("workers of the application live: newer; stop it");
    }

    @Test
    void toolsNameTheRowThatKeepsThemFromTheirWork() {
        LeaseTable table = application();
        unreadable(table, "worker#foreign");
        view(table).refuseUnreadable(row -> true);

        unreadable(table, "lease#orders#shardId-000000000009");
        assertThatThrownBy(() -> view(table).refuseUnreadable(row -> true))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("the row 'lease#orders#shardId-000000000009' of the lease table cannot be read");
        Snapshot snapshot = view(table).look();
        assertThat(LeaseReport.unreadable(snapshot))
                .containsExactly(
                        "row 'worker#foreign' cannot be read and is left alone: damaged",
                        "row 'lease#orders#shardId-000000000009' cannot be read and is left alone: damaged");
        assertThat(LeaseJson.document("app", "millrace", snapshot).toString())
                .contains("\"unreadable\":[{\"row\":\"worker#foreign\",\"reason\":\"damaged\"}");
    }

    private static TableView view(LeaseTable table) {
        return new TableView(table, new SystemPlatform().ticker(), Duration.ofSeconds(1));
    }

    private static Entity unreadable(LeaseTable table, String entity) {
        table.put(new UnreadableRow(new Entity(entity), "", "damaged")).join();
        return new Entity(entity);
    }

    @Test
    void withAStreamOnlyItsLeasesAndItsOwnRowGo() {
        LeaseTable table = application();
        List<Row> others = rows(table).stream()
                .filter(row -> !row.entity().text().contains("orders"))
                .toList();

        assertThat(deletion(table, Optional.of(ORDERS)).run()).isTrue();

        assertThat(rows(table)).isEqualTo(others).hasSize(6);
        assertThat(deletion(table, Optional.of(ORDERS)).run()).isFalse();
    }

    /** Where it broke off, a worker finds the row that stops it, and the next run ends it. */
    @Test
    void deletionThatBreaksOffAnywhereStopsWorkersAndIsEndedByTheNext() {
        for (Optional<StreamName> only : List.of(Optional.<StreamName>empty(), Optional.of(ORDERS))) {
            int writes = only.isEmpty() ? 11 : 4;
            for (int done = 0; done < writes; done++) {
                LeaseTable table = application();
                LeaseTable failing = new ChangedTable(table, done, () -> {
                    throw new TableUnavailableException("gone", null);
                });
                assertThatThrownBy(() -> deletion(failing, only).run()).hasMessageContaining("gone");

                for (StreamName stream : only.isEmpty() ? List.of(ORDERS, LOGS) : List.of(ORDERS)) {
                    assertThat(isWholeOrClosed(table, stream))
                            .as("%s after %d of %s", stream, done, only)
                            .isTrue();
                }
                assertThat(deletion(table, only).run()).isTrue();
                assertThat(rows(table)).hasSize(only.isEmpty() ? 0 : 6);
            }
            LeaseTable table = new ChangedTable(application(), writes, () -> {
                throw new TableUnavailableException("gone", null);
            });
            assertThat(deletion(table, only).run()).isTrue();
        }
    }

    private static boolean isWholeOrClosed(LeaseTable table, StreamName stream) {
        Optional<Row> row = table.get(Entity.stream(stream)).join();
        long leases = table.listLeases().join().stream()
                .filter(lease -> lease.key().stream().equals(stream))
                .count();
        if (row.isEmpty()) {
            return leases == 0;
        }
        return leases == (stream.equals(ORDERS) ? 2 : 1) || (row.get() instanceof StreamRow found && found.deleting());
    }

    @Test
    void workerThatJoinsMeanwhileStopsItAndNoOtherCanStart() {
        for (int done = 0; done < 9; done++) {
            LeaseTable table = application();
            LeaseTable joined = new ChangedTable(table, done, () -> put(table, worker(LATE)));

            assertThatThrownBy(() -> deletion(joined, Optional.empty()).run())
                    .isInstanceOf(CommandFailure.class)
                    .hasMessageContaining("workers of the application live: late")
                    .hasMessageContaining("run this again, until then none can start");

            assertThat(table.listMembers().join().streams()).hasSize(2).allMatch(StreamRow::deleting);
            assertThat(table.get(Entity.worker(LATE)).join()).isPresent();
        }
    }

    @Test
    void leaseThatWasJustTakenStays() {
        LeaseTable table = application();
        LeaseRow taken = table.listLeases().join().get(2).takenBy(LATE);
        LeaseTable racing = new ChangedTable(table, 5, () -> put(table, taken));

        assertThatThrownBy(() -> deletion(racing, Optional.empty()).run())
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("the row lease#orders#shardId-000000000001 was just changed by somebody");

        assertThat(table.listLeases().join()).containsExactly(taken.withRevision(2));
    }

    @Test
    void livingWorkersAreNamedUpToThree() {
        assertThat(TableView.named(List.of("a", "b", "c"))).isEqualTo("a, b, c");
        assertThat(TableView.named(List.of("a", "b", "c", "d", "e"))).isEqualTo("a, b, c and 2 more");
    }

    private Deletion deletion(LeaseTable table, Optional<StreamName> only) {
        // No patience: the worker that has a row is dead at the first look.
        return new Deletion(table, new TableView(table, new SystemPlatform().ticker(), Duration.ZERO), only, told::add);
    }

    private static LeaseTable application() {
        LeaseTable table = new InMemoryLeaseTable();
        for (StreamName name : List.of(ORDERS, LOGS)) {
            put(
                    table,
                    new StreamRow(
                            name, 0, new StreamIdentity("arn:" + name, Instant.EPOCH), Position.trimHorizon(), true));
        }
        put(table, lease(ORDERS, 0));
        put(table, lease(ORDERS, 1));
        put(table, lease(LOGS, 0));
        put(table, worker(DEAD));
        put(table, new PlanRow(DEAD, 0, DEAD, 1, new TreeMap<>(), new TreeMap<>()));
        put(table, new LeaderRow(0, 1, DEAD));
        put(table, new NewsRow(0, "dead"));
        return table;
    }

    private static LeaseRow lease(StreamName stream, int shard) {
        return LeaseRow.fresh(
                new LeaseKey(stream, ShardId.of(shard)),
                Checkpoint.notStarted(Position.trimHorizon()),
                new Lineage(List.of(), List.of(), HashKeyRange.evenly(2).get(shard)));
    }

    private static WorkerRow worker(WorkerId id) {
        return new WorkerRow(id, 0, WorkerRow.State.ACTIVE, 0, 0, new WorkerRow.Info("host", "1.0", 0));
    }

    private static void put(LeaseTable table, Row row) {
        assertThat(table.put(row).join().isApplied()).isTrue();
    }

    private static List<Row> rows(LeaseTable table) {
        Members members = table.listMembers().join();
        return Stream.of(
                        table.listLeases().join(),
                        table.listPlans().join(),
                        members.streams(),
                        members.workers(),
                        table.get(Entity.leader()).join().stream().toList(),
                        table.get(Entity.news()).join().stream().toList())
                .flatMap(List::stream)
                .map(Row.class::cast)
                .toList();
    }

    /** Something happens to the table before the write after the first so many. */
    private static final class ChangedTable implements LeaseTable {
        private final LeaseTable table;
        private final Runnable change;
        private int left;

        ChangedTable(LeaseTable table, int writes, Runnable change) {
            this.table = table;
            this.left = writes;
            this.change = change;
        }

        private void beforeWrite() {
            if (left-- == 0) {
                change.run();
            }
        }

        @Override
        public CompletableFuture<WriteOutcome> put(Row row) {
            beforeWrite();
            return table.put(row);
        }

        @Override
        public CompletableFuture<WriteOutcome> delete(Row seen) {
            beforeWrite();
            return table.delete(seen);
        }

        @Override
        public CompletableFuture<Boolean> ensureTable() {
            return table.ensureTable();
        }

        @Override
        public CompletableFuture<Optional<Row>> get(Entity entity) {
            return table.get(entity);
        }

        @Override
        public CompletableFuture<Members> listMembers() {
            return table.listMembers();
        }

        @Override
        public CompletableFuture<List<PlanRow>> listPlans() {
            return table.listPlans();
        }

        @Override
        public CompletableFuture<List<LeaseRow>> getLeases(Collection<LeaseKey> keys) {
            return table.getLeases(keys);
        }

        @Override
        public CompletableFuture<List<LeaseRow>> listLeases() {
            return table.listLeases();
        }
    }
}
