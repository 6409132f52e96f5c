package io.millrace.lease.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.admin.LeaseSkip.Outcome;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LeaseSkipTest {
    private static final StreamName ORDERS = new StreamName("orders");
    private static final WorkerId ALICE = new WorkerId("alice", "1");
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final InMemoryLeaseTable table = new InMemoryLeaseTable();

    @Test
    void leaseIsBehindTheRecordsUnderTheNextEpochAndKeepsItsOwner() {
        LeaseRow seen = put(lease(0, at(3)).takenBy(ALICE));
        assertThat(skip(seen, 7)).isEqualTo(new Outcome.Skipped(seen));
        LeaseRow row = row(0);
        assertThat(row.checkpoint()).isEqualTo(at(7));
        assertThat(row.epoch()).isEqualTo(2);
        assertThat(row.owner()).contains(ALICE);
        assertThat(row.notes().skips()).containsExactly("from epoch 1");
        assertThat(row.notes().savedAt()).contains(NOW);
    }

    @Test
    void leaseThatMovedMeanwhileIsSkippedFromWhereItIs() {
        LeaseRow seen = put(lease(0, at(3)).takenBy(ALICE));
        LeaseRow moved = put(seen.withCheckpoint(at(5)));
        assertThat(skip(seen, 7)).isEqualTo(new Outcome.Skipped(moved));
        assertThat(row(0).checkpoint()).isEqualTo(at(7));
    }

    @Test
    void leaseThatIsBehindTheRecordsByNowStaysAsItIs() {
        LeaseRow seen = put(lease(0, at(3)).takenBy(ALICE));
        LeaseRow moved = put(seen.withCheckpoint(at(8)));
        assertThat(skip(seen, 7)).isEqualTo(new Outcome.NothingLeft(moved));
        assertThat(row(0)).isEqualTo(moved);
    }

    @Test
    void skipThatTheClientSentTwiceIsKnownAgainThoughOthersHaveWrittenSince() {
        LeaseRow seen = put(lease(0, at(3)).takenBy(ALICE));
        assertThat(skip(seen, 7)).isEqualTo(new Outcome.Skipped(seen));
        LeaseRow taken = put(row(0).takenBy(ALICE));
        assertThat(skip(seen, 7)).isEqualTo(new Outcome.Skipped(seen));
        assertThat(row(0)).isEqualTo(taken);
    }

    @Test
    void shardThatWaitsForItsParentsIsNotBegunByASkip() {
        put(lease(0, at(3)));
        LeaseRow child = put(new LeaseRow(
                new LeaseKey(ORDERS, ShardId.of(1)),
                0,
                0,
                null,
                Checkpoint.notStarted(Position.trimHorizon()),
                new Lineage(List.of(ShardId.of(0)), List.of(), HashKeyRange.ALL),
                LeaseRow.UNKNOWN_LOAD));
        assertThat(skip(child, 7)).isEqualTo(new Outcome.WaitsForParents(child));
        put(row(0).finished(List.of(ShardId.of(1))));
        assertThat(skip(child, 7)).isEqualTo(new Outcome.Skipped(child));
    }

    private Outcome skip(LeaseRow seen, int to) {
        return new LeaseSkip(table, at(to), NOW, row -> "from epoch " + row.epoch())
                .run(seen)
                .join();
    }

    /** Writes the row; returns it as it is then. */
    private LeaseRow put(LeaseRow row) {
        assertThat(table.put(row).join().isApplied()).isTrue();
        return row.withRevision(row.revision() + 1);
    }

    private LeaseRow row(int shard) {
        return (LeaseRow) table.get(Entity.lease(new LeaseKey(ORDERS, ShardId.of(shard))))
                .join()
                .orElseThrow();
    }

    private static LeaseRow lease(int shard, Checkpoint checkpoint) {
        return LeaseRow.fresh(
                new LeaseKey(ORDERS, ShardId.of(shard)),
                checkpoint,
                new Lineage(List.of(), List.of(), HashKeyRange.ALL));
    }

    private static Checkpoint at(int number) {
        return Checkpoint.processed(RecordPosition.of(SequenceNumber.parse(Integer.toString(number))));
    }
}
