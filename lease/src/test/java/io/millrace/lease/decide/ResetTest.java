package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.ALICE;
import static io.millrace.lease.decide.Rows.STREAM;
import static io.millrace.lease.decide.Rows.key;
import static io.millrace.lease.decide.Rows.lease;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ResetTest {
    private static final Position.Initial NOW = new Position.AtTimestamp(Instant.EPOCH);
    private static final Checkpoint BEGINNING = Checkpoint.notStarted(Position.trimHorizon());

    @Test
    void everyListedShardIsReadAgainFinishedOnesToo() {
        LeaseRow parent = lease(0).takenBy(ALICE).finished(List.of(ShardId.of(1)));
        LeaseRow child = begun(lease(1, 0)).takenBy(ALICE);

        List<LeaseRow> changes = again(List.of(closed(0), open(1, 0)), parent, child);

        assertThat(changes).extracting(LeaseRow::key).containsExactly(key(0), key(1));
        assertThat(changes).allMatch(row -> row.checkpoint().equals(BEGINNING));
        assertThat(changes).allMatch(row -> row.owner().isEmpty());
        assertThat(changes).extracting(LeaseRow::epoch).containsExactly(parent.epoch() + 1, child.epoch() + 1);
        assertThat(changes.get(0).lineage().children()).containsExactly(ShardId.of(1));
    }

    @Test
    void shardsThatLostTheirLeasesGetThemAgainAndTheirChildrenWait() {
        // As after an import: the KCL had cleaned up the parents' rows, so the child waits for nobody.
        LeaseRow child = begun(lease(2));

        List<LeaseRow> changes = again(List.of(closed(0), closed(1), open(2, 0, 1)), child);

        assertThat(changes).extracting(LeaseRow::key).containsExactly(key(0), key(1), key(2));
        assertThat(changes.get(0).revision()).isZero();
        assertThat(changes.get(2).lineage().parents()).containsExactly(ShardId.of(0), ShardId.of(1));
        LeaseBook book = new LeaseBook();
        book.replaceAll(changes, 0, 0);
        assertThat(book.isReady(changes.get(0))).isTrue();
        assertThat(book.isReady(changes.get(2))).isFalse();
    }

    @Test
    void finishedShardThatTheStreamListsNoMoreStaysFinished() {
        LeaseRow gone = lease(0).finished(List.of(ShardId.of(1)));

        List<LeaseRow> changes = again(List.of(open(1, 0)), gone, begun(lease(1, 0)));

        assertThat(changes).extracting(LeaseRow::key).containsExactly(key(1));
        assertThat(changes.get(0).lineage().parents()).containsExactly(ShardId.of(0));
    }

    @Test
    void unfinishedShardThatTheStreamListsNoMoreIsReset() {
        assertThat(again(List.of(open(1)), begun(lease(0))))
                .extracting(LeaseRow::key)
                .containsExactly(key(0), key(1));
    }

    @Test
    void latestReadsNothingAgainAndBeginsAtItsMomentOnAllThatMayHoldRecordsSince() {
        LeaseRow finished = lease(1).finished(List.of(ShardId.of(2)));

        List<LeaseRow> changes = Reset.changes(
                STREAM, NOW, true, List.of(closed(2, 1), open(3, 2), open(4)), List.of(finished, begun(lease(2, 1))));

        assertThat(changes).extracting(LeaseRow::key).containsExactly(key(2), key(3), key(4));
        assertThat(changes).allMatch(row -> row.checkpoint().equals(Checkpoint.notStarted(NOW)));
        assertThat(changes.get(1).lineage().parents()).containsExactly(ShardId.of(2));
    }

    @Test
    void leaseThatIsResetByItselfWaitsForNoParentThatIsGone() {
        LeaseRow parent = lease(1).finished(List.of(ShardId.of(2)));
        LeaseRow child = begun(lease(2, 0, 1));

        assertThat(Reset.place(child, List.of(parent, child)).parents()).containsExactly(ShardId.of(1));
        assertThat(Reset.place(child, List.of(parent, child)).children())
                .isEqualTo(child.lineage().children());
        assertThat(Reset.place(lease(2, 0, 1), List.of(parent)))
                .as("one that is not begun")
                .isEqualTo(lease(2, 0, 1).lineage());
    }

    private static List<LeaseRow> again(List<Shard> shards, LeaseRow... leases) {
        return Reset.changes(STREAM, Position.trimHorizon(), false, shards, List.of(leases));
    }

    private static LeaseRow begun(LeaseRow row) {
        return row.withCheckpoint(Checkpoint.processed(RecordPosition.of(SequenceNumber.ZERO)));
    }

    private static Shard open(int id, int... parents) {
        return shard(id, SequenceNumberRange.openFrom(SequenceNumber.ZERO), parents);
    }

    private static Shard closed(int id, int... parents) {
        return shard(id, new SequenceNumberRange(SequenceNumber.ZERO, SequenceNumber.parse("9")), parents);
    }

    private static Shard shard(int id, SequenceNumberRange range, int... parents) {
        List<ShardId> ids = Arrays.stream(parents).mapToObj(ShardId::of).toList();
        return new Shard(ShardId.of(id), ids, HashKeyRange.ALL, range);
    }
}
