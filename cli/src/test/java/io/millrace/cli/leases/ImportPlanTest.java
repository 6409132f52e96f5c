package io.millrace.cli.leases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.kcl.KclStream;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ImportPlanTest {
    private static final StreamName STREAM = new StreamName("orders");
    private static final StreamIdentity IDENTITY =
            new StreamIdentity("arn:aws:kinesis:us-east-1:123456789012:stream/orders", Instant.EPOCH);
    private static final KclStream SERVICE =
            new KclStream(STREAM, IDENTITY, List.of(shard(0), shard(1), shard(2, 0), shard(3, 0)));

    /** Where it broke off, a worker finds the row that stops it, and the next try ends it. */
    @Test
    void importThatBreaksOffAnywhereStopsWorkersAndIsEndedByTheNext() {
        List<LeaseRow> wanted = List.of(at(1, 7), at(2, 8), fresh(3, new Position.AtTimestamp(Instant.EPOCH)));
        int writes = writes(plan(wanted, new InMemoryLeaseTable(), false)).size();
        assertThat(writes).isEqualTo(5);

        for (int done = 0; done <= writes; done++) {
            LeaseTable table = new InMemoryLeaseTable();
            writes(plan(wanted, table, false)).stream().limit(done).forEach(row -> put(table, row));
            boolean isBegun = done > 0 && done < writes;
            assertThat(streams(table).stream().anyMatch(StreamRow::importing))
                    .as("after %d writes", done)
                    .isEqualTo(isBegun);

            if (done < writes) {
                // What began at LATEST got the moment of the first try; the second comes later and must not skip it.
                List<LeaseRow> later = List.of(
                        wanted.get(0), wanted.get(1), fresh(3, new Position.AtTimestamp(Instant.ofEpochSecond(60))));
                ImportPlan second = plan(later, table, false);
                writes(second).forEach(row -> put(table, row));
                assertThat(second.leases()).hasSize(3 - Math.max(0, done - 1));
            }
            assertThat(streams(table)).hasSize(1).allMatch(row -> row.synced() && !row.importing());
            List<LeaseRow> leases = table.listLeases().join();
            assertThat(leases).extracting(LeaseRow::key).containsExactly(key(1), key(2), key(3));
            assertThat(leases.get(0).checkpoint()).isEqualTo(wanted.get(0).checkpoint());
            assertThat(leases.get(2).checkpoint())
                    .isEqualTo(
                            done == writes - 1 || done == writes ? wanted.get(2).checkpoint() : last(done, wanted));
        }
    }

    private static Checkpoint last(int done, List<LeaseRow> wanted) {
        Checkpoint second = Checkpoint.notStarted(new Position.AtTimestamp(Instant.ofEpochSecond(60)));
        return done > 3 ? wanted.get(2).checkpoint() : second;
    }

    @Test
    void leasesThatAreThereAreReplacedOnlyIfToldAndUnderTheNextEpoch() {
        LeaseTable table = new InMemoryLeaseTable();
        put(table, new StreamRow(STREAM, 0, IDENTITY, Position.latest(), true));
        put(table, at(1, 3));

        assertThatThrownBy(() -> plan(List.of(at(1, 7)), table, false))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("orders/shardId-000000000001 already, nothing was changed");
        ImportPlan plan = plan(List.of(at(1, 7)), table, true);

        assertThat(plan.leases()).hasSize(1);
        assertThat(plan.leases().get(0).epoch()).isEqualTo(1);
        assertThat(plan.leases().get(0).checkpoint()).isEqualTo(at(1, 7).checkpoint());
        assertThat(plan.barriers().get(0).initialPosition()).isEqualTo(Position.latest());
    }

    @Test
    void whatTheKclHasReadBeforeIsDoneAndWhatItDoesNotKnowIsLeft() {
        LeaseTable table = new InMemoryLeaseTable();
        put(table, new StreamRow(STREAM, 0, IDENTITY, Position.trimHorizon(), true));
        put(table, at(0, 3));
        put(table, at(1, 3));

        assertThatThrownBy(() -> plan(List.of(at(2, 7)), table, false))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("orders/shardId-000000000000 already, nothing was changed");
        ImportPlan plan = plan(List.of(at(2, 7)), table, true);

        assertThat(plan.leases()).extracting(LeaseRow::key).containsExactly(key(2), key(0));
        assertThat(plan.leases().get(1).isFinished()).isTrue();
        assertThat(plan.notes()).hasSize(1).first().asString().startsWith("orders/shardId-000000000001: left as it is");
    }

    @Test
    void anotherStreamOfTheSameNameIsRefused() {
        LeaseTable table = new InMemoryLeaseTable();
        put(table, new StreamRow(STREAM, 0, new StreamIdentity("arn", Instant.EPOCH), Position.latest(), true));

        assertThatThrownBy(() -> plan(List.of(at(1, 7)), table, true))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("is not the one that the application has read before");
    }

    private static ImportPlan plan(List<LeaseRow> wanted, LeaseTable table, boolean overwrite) {
        return ImportPlan.of(
                wanted,
                List.of(SERVICE),
                table.listControlRows().join(),
                table.listLeases().join(),
                overwrite);
    }

    /** What the command writes for a plan, in its order. */
    private static List<Row> writes(ImportPlan plan) {
        List<Row> writes = new ArrayList<>();
        List<StreamRow> standing = new ArrayList<>();
        for (StreamRow barrier : plan.barriers()) {
            // One that was read with the mark stands already.
            boolean stands = barrier.revision() > 0;
            if (!stands) {
                writes.add(barrier);
            }
            standing.add(stands ? barrier : barrier.withRevision(1));
        }
        writes.addAll(plan.leases());
        standing.forEach(barrier -> writes.add(barrier.afterSync()));
        return writes;
    }

    private static void put(LeaseTable table, Row row) {
        assertThat(table.put(row).join().isApplied()).as("%s", row).isTrue();
    }

    private static List<StreamRow> streams(LeaseTable table) {
        return table.listControlRows().join().streams();
    }

    private static LeaseKey key(int shard) {
        return new LeaseKey(STREAM, ShardId.of(shard));
    }

    private static LeaseRow at(int shard, int sequence) {
        return lease(shard, Checkpoint.processed(RecordPosition.of(SequenceNumber.parse(Integer.toString(sequence)))));
    }

    private static LeaseRow fresh(int shard, Position.Initial position) {
        return lease(shard, Checkpoint.notStarted(position));
    }

    private static LeaseRow lease(int shard, Checkpoint checkpoint) {
        return LeaseRow.fresh(key(shard), checkpoint, new Lineage(List.of(), List.of(), HashKeyRange.ALL));
    }

    private static Shard shard(int id, int... parents) {
        return new Shard(
                ShardId.of(id),
                Arrays.stream(parents).mapToObj(ShardId::of).toList(),
                HashKeyRange.ALL,
                SequenceNumberRange.openFrom(SequenceNumber.ZERO));
    }
}
