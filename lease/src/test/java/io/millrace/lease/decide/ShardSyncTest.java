package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.STREAM;
import static io.millrace.lease.decide.Rows.key;
import static io.millrace.lease.decide.Rows.lease;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.StreamRow;
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

final class ShardSyncTest {
    private static final Position.AtTimestamp BEGAN = new Position.AtTimestamp(Instant.parse("2026-01-02T03:04:05Z"));
    private static final Position.Initial THEN = new Position.AtTimestamp(Instant.EPOCH);

    @Test
    void firstLookAtTrimHorizonTakesEveryListedShardAndChildrenWait() {
        List<LeaseRow> made = sync(stream(Position.trimHorizon(), false), List.of(closed(0), open(1, 0), open(2, 0)));

        assertThat(made).extracting(LeaseRow::key).containsExactly(key(0), key(1), key(2));
        assertThat(made).allMatch(row -> row.checkpoint().equals(Checkpoint.notStarted(Position.trimHorizon())));
        assertThat(made.get(1).lineage().parents()).containsExactly(ShardId.of(0));
    }

    @Test
    void firstLookAtLatestBeginsAtTheMomentThatIsPinned() {
        // The stream is asked for what may hold records of after that moment: 0 was closed before it.
        List<LeaseRow> made = sync(stream(Position.latest(), false), List.of(open(1, 0), open(2)));

        assertThat(made).extracting(LeaseRow::key).containsExactly(key(1), key(2));
        assertThat(made).allMatch(row -> row.checkpoint().equals(Checkpoint.notStarted(BEGAN)));
        assertThat(made).allMatch(row -> row.lineage().parents().isEmpty());
    }

    @Test
    void shardThatWasClosedBetweenTheBeginningAndTheFirstLookIsReadAndItsChildrenWait() {
        List<LeaseRow> made = sync(stream(Position.latest(), false), List.of(closed(0), open(1, 0), open(2, 0)));

        assertThat(made).extracting(LeaseRow::key).containsExactly(key(0), key(1), key(2));
        assertThat(made.get(0).checkpoint()).isEqualTo(Checkpoint.notStarted(BEGAN));
        assertThat(made.get(1).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
        assertThat(made.get(1).lineage().parents()).containsExactly(ShardId.of(0));
    }

    @Test
    void firstLookAtATimeTakesEveryShardAtThatTime() {
        List<LeaseRow> made = sync(stream(THEN, false), List.of(closed(0), open(1, 0)));

        assertThat(made).hasSize(2).allMatch(row -> row.checkpoint().equals(Checkpoint.notStarted(THEN)));
    }

    @Test
    void interruptedFirstLookGoesOnWhereItStopped() {
        List<LeaseRow> made =
                sync(stream(Position.latest(), false), List.of(closed(0), open(1), open(2, 0), open(3, 0)), lease(0));

        assertThat(made).extracting(LeaseRow::key).containsExactly(key(1), key(2), key(3));
        assertThat(made.get(0).checkpoint()).isEqualTo(Checkpoint.notStarted(BEGAN));
        assertThat(made.get(1).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
    }

    @Test
    void shardThatAppearsLaterStartsAtTrimHorizonEvenIfTheApplicationBeganAtLatest() {
        List<LeaseRow> made = sync(stream(Position.latest(), true), List.of(closed(0), open(1, 0)), lease(0));

        assertThat(made).hasSize(1);
        assertThat(made.get(0).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
    }

    @Test
    void shardThatAppearsLaterOfAnApplicationThatBeganAtATimeStartsThereUnlessItFollowsWhatWasRead() {
        List<LeaseRow> made = sync(stream(THEN, true), List.of(closed(0), open(1, 0), open(2)), lease(0));

        assertThat(made).extracting(LeaseRow::key).containsExactly(key(1), key(2));
        assertThat(made.get(0).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
        assertThat(made.get(1).checkpoint()).isEqualTo(Checkpoint.notStarted(THEN));
    }

    @Test
    void shardWhoseDescendantWasReadIsNotReadAgain() {
        LeaseRow started = lease(1, 0).withCheckpoint(Checkpoint.processed(RecordPosition.of(SequenceNumber.ZERO)));

        assertThat(sync(stream(Position.trimHorizon(), true), List.of(closed(0), open(1, 0)), started))
                .isEmpty();
    }

    @Test
    void parentThatAChildStillWaitsForIsMade() {
        List<LeaseRow> made = sync(
                stream(Position.latest(), true),
                List.of(closed(0), closed(1), open(2, 0, 1)),
                lease(2, 0, 1),
                lease(0));

        assertThat(made).extracting(LeaseRow::key).containsExactly(key(1));
        assertThat(made.get(0).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
    }

    @Test
    void parentThatIsGoneIsNoLongerWaitedFor() {
        List<LeaseRow> made =
                sync(stream(Position.trimHorizon(), true), List.of(open(2, 0, 1)), lease(2, 0, 1), lease(0));

        assertThat(made).containsExactly(lease(2, 0));
    }

    @Test
    void waitingGrandchildDoesNotShowThatItsGrandparentsWereRead() {
        // 10 was made by whoever finished 3; neither 9 nor its parent 8 has a lease yet.
        List<LeaseRow> made = sync(
                stream(Position.trimHorizon(), true),
                List.of(closed(2), closed(3), closed(8), closed(9, 2, 8), open(10, 9, 3)),
                lease(2),
                lease(3),
                lease(10, 9, 3));

        assertThat(made).extracting(LeaseRow::key).containsExactly(key(8), key(9));
        assertThat(made.get(1).lineage().parents()).containsExactly(ShardId.of(2), ShardId.of(8));
    }

    /** Its sibling had begun without waiting, and what was before both was taken for read. */
    @Test
    void nothingIsMadeBesideARowThatCannotBeReadWhileTheShardsBeforeBothHaveNone() {
        List<Shard> shards = List.of(closed(3), closed(8), closed(9, 8), open(10, 9, 3), open(11, 9), closed(12, 11));
        StreamRow stream = stream(Position.trimHorizon(), true);

        assertThat(ShardSync.changes(stream, shards, List.of(lease(3)), List.of(key(10))))
                .isEmpty();
        assertThat(ShardSync.changes(stream, shards, List.of(lease(3), lease(10, 9, 3)), List.of()))
                .containsExactly(made(8), made(9, 8), made(11, 9), made(12, 11));
    }

    @Test
    void listThatIsOlderThanTheChildDoesNotFreeIt() {
        List<LeaseRow> made = sync(
                stream(Position.trimHorizon(), true), List.of(closed(0), open(1)), lease(4, 0, 3), lease(0), lease(1));

        assertThat(made).isEmpty();
    }

    @Test
    void whenParentsAndChildrenHaveBothExpiredTheNextGenerationStartsAtOnce() {
        // 0 was being read when retention took it and its child 1; 2 follows 1.
        List<LeaseRow> made = sync(
                stream(Position.latest(), true),
                List.of(open(2, 1)),
                lease(0).withCheckpoint(Checkpoint.processed(RecordPosition.of(SequenceNumber.ZERO))));

        assertThat(made).extracting(LeaseRow::key).containsExactly(key(2));
        assertThat(made.get(0).lineage().parents()).isEmpty();
        assertThat(made.get(0).checkpoint()).isEqualTo(Checkpoint.notStarted(Position.trimHorizon()));
    }

    private static List<LeaseRow> sync(StreamRow stream, List<Shard> shards, LeaseRow... leases) {
        return ShardSync.changes(stream, shards, List.of(leases));
    }

    private static StreamRow stream(Position.Initial initial, boolean synced) {
        StreamRow row = new StreamRow(STREAM, 1, new StreamIdentity("arn", Instant.EPOCH), initial, synced);
        return initial instanceof Position.Latest ? row.beganAt(BEGAN.time()) : row;
    }

    private static LeaseRow made(int id, int... parents) {
        return lease(id, parents).withRevision(0);
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
