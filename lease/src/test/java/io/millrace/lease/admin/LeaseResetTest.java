package io.millrace.lease.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.admin.LeaseReset.Outcome;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LeaseResetTest {
    private static final LeaseKey KEY = new LeaseKey(new StreamName("orders"), ShardId.of(0));
    private static final WorkerId ALICE = new WorkerId("alice", "1");
    private static final WorkerId BOB = new WorkerId("bob", "1");
    private static final Checkpoint START = Checkpoint.notStarted(Position.trimHorizon());

    private final InMemoryLeaseTable table = new InMemoryLeaseTable();

    @Test
    void leaseOfAWorkerThatMayLiveKeepsItsNameUnderTheNextEpoch() {
        join(ALICE);
        LeaseRow seen = put(lease().takenBy(ALICE));
        assertThat(reset(seen)).isEqualTo(new Outcome.Moved(Optional.of(seen)));
        assertThat(row()).isEqualTo(moved(seen, ALICE));
    }

    @Test
    void workerWhoseRowCannotBeReadMayLive() {
        table.put(new UnreadableRow(Entity.worker(ALICE), "0", "damaged")).join();
        LeaseRow seen = put(lease().takenBy(ALICE));
        reset(seen);
        assertThat(row().owner()).contains(ALICE);
    }

    @Test
    void leaseWithoutAnOwnerOrOfOneThatIsGoneIsFree() {
        LeaseRow free = put(lease());
        reset(free);
        assertThat(row().owner()).isEmpty();
        LeaseRow orphaned = put(row().takenBy(BOB));
        reset(orphaned);
        assertThat(row()).isEqualTo(moved(orphaned, null));
    }

    @Test
    void leaseOfAWorkerThatIsKnownNotToLiveIsFreeThoughItsRowIsThere() {
        join(ALICE);
        LeaseRow seen = put(lease().takenBy(ALICE));
        new LeaseReset(table, Set.of(ALICE))
                .run(change(seen), Optional.of(seen))
                .join();
        assertThat(row()).isEqualTo(moved(seen, null));
    }

    @Test
    void ownerThatCameSinceIsJudgedByWhatIsThereThen() {
        LeaseRow seen = put(lease());
        LeaseReset reset = new LeaseReset(table, Set.of());
        LeaseRow orphaned = put(seen.takenBy(ALICE));
        // Alice's row is gone when the workers are read for the first time.
        reset.run(change(orphaned), Optional.of(orphaned)).join();
        join(BOB);
        LeaseRow taken = put(row().takenBy(BOB));
        assertThat(reset.run(change(seen), Optional.of(seen)).join()).isEqualTo(new Outcome.Moved(Optional.of(taken)));
        assertThat(row()).isEqualTo(moved(taken, BOB));
    }

    @Test
    void resetThatTheClientSentTwiceIsKnownAgain() {
        LeaseRow seen = put(lease().takenBy(ALICE));
        assertThat(reset(seen)).isEqualTo(new Outcome.Moved(Optional.of(seen)));
        LeaseRow once = row();
        assertThat(reset(seen)).isEqualTo(new Outcome.Moved(Optional.of(seen)));
        assertThat(row()).isEqualTo(once);
    }

    @Test
    void leaseThatWasNotThereIsMade() {
        assertThat(new LeaseReset(table, Set.of())
                        .run(lease(), Optional.empty())
                        .join())
                .isEqualTo(new Outcome.Moved(Optional.empty()));
        assertThat(row()).isEqualTo(lease().withRevision(1));
    }

    @Test
    void rowThatCannotBeReadStays() {
        UnreadableRow damaged = new UnreadableRow(Entity.lease(KEY), "0", "damaged");
        table.put(damaged).join();
        assertThat(reset(lease())).isEqualTo(new Outcome.Changing(KEY));
        assertThat(table.get(Entity.lease(KEY)).join().orElseThrow()).isInstanceOf(UnreadableRow.class);
    }

    private void join(WorkerId worker) {
        WorkerRow.Info info = new WorkerRow.Info("host", "1", 0);
        table.put(new WorkerRow(worker, 0, WorkerRow.State.ACTIVE, 0, 0, info)).join();
    }

    private Outcome reset(LeaseRow seen) {
        return new LeaseReset(table, Set.of())
                .run(change(seen), Optional.of(seen))
                .join();
    }

    private static LeaseRow change(LeaseRow seen) {
        return seen.movedTo(START, seen.lineage());
    }

    private static LeaseRow moved(LeaseRow seen, @Nullable WorkerId owner) {
        return new LeaseRow(
                KEY, seen.revision() + 1, seen.epoch() + 1, owner, START, seen.lineage(), LeaseRow.UNKNOWN_LOAD);
    }

    /** Writes the row; returns it as it is then. */
    private LeaseRow put(LeaseRow row) {
        assertThat(table.put(row).join().isApplied()).isTrue();
        return row.withRevision(row.revision() + 1);
    }

    private LeaseRow row() {
        return (LeaseRow) table.get(Entity.lease(KEY)).join().orElseThrow();
    }

    private static LeaseRow lease() {
        return LeaseRow.fresh(
                KEY,
                Checkpoint.processed(RecordPosition.of(SequenceNumber.parse("3"))),
                new Lineage(List.of(), List.of(), HashKeyRange.ALL));
    }
}
