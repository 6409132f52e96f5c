package io.millrace.lease.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStatus;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.WorkerId;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every table does; each test has an application of its own. */
abstract class LeaseTableConformance {
    private static final StreamName STREAM = new StreamName("orders");
    private static final WorkerId ALICE = new WorkerId("alice", "1f");
    private static final WorkerId BOB = new WorkerId("bob", "2e");

    /** The rows of an application that has none yet. */
    abstract LeaseTable emptyTable();

    @ParameterizedTest
    @MethodSource("rows")
    void rowIsReadBackAsItWasWritten(Row row) {
        LeaseTable table = emptyTable();

        assertThat(done(table.put(row)).isApplied()).isTrue();

        assertThat(done(table.get(row.entity()))).contains(row.withRevision(1));
    }

    @Test
    void rowThatExistsIsNotCreatedAgain() {
        LeaseTable table = emptyTable();
        LeaseRow row = lease(1);
        done(table.put(row));

        WriteOutcome second = done(table.put(row.takenBy(ALICE)));

        assertThat(second).isEqualTo(WriteOutcome.conflict(row.withRevision(1)));
        assertThat(done(table.get(row.entity()))).contains(row.withRevision(1));
    }

    @Test
    void writeThatSawAnOlderRevisionChangesNothingAndShowsTheRow() {
        LeaseTable table = emptyTable();
        done(table.put(lease(1)));
        LeaseRow seen = lease(1).withRevision(1);
        LeaseRow taken = seen.takenBy(ALICE);
        done(table.put(taken));

        WriteOutcome late = done(table.put(seen.takenBy(BOB)));

        assertThat(late).isEqualTo(WriteOutcome.conflict(taken.withRevision(2)));
    }

    @Test
    void repeatedWriteIsAppliedOnce() {
        LeaseTable table = emptyTable();
        done(table.put(lease(1)));
        LeaseRow taken = lease(1).withRevision(1).takenBy(ALICE);

        assertThat(done(table.put(taken)).isApplied()).isTrue();
        assertThat(done(table.put(taken))).isEqualTo(WriteOutcome.conflict(taken.withRevision(2)));
    }

    @Test
    void writeToADeletedRowIsAConflictWithNothing() {
        LeaseTable table = emptyTable();
        done(table.put(lease(1)));
        LeaseRow seen = lease(1).withRevision(1);

        assertThat(done(table.delete(seen)).isApplied()).isTrue();

        assertThat(done(table.put(seen.takenBy(ALICE)))).isEqualTo(WriteOutcome.conflict(null));
        assertThat(done(table.delete(seen))).isEqualTo(WriteOutcome.conflict(null));
        assertThat(done(table.get(seen.entity()))).isEmpty();
    }

    @Test
    void deleteThatSawAnOlderRevisionDeletesNothing() {
        LeaseTable table = emptyTable();
        done(table.put(lease(1)));
        LeaseRow taken = lease(1).withRevision(1).takenBy(ALICE);
        done(table.put(taken));

        assertThat(done(table.delete(lease(1).withRevision(1))))
                .isEqualTo(WriteOutcome.conflict(taken.withRevision(2)));
    }

    @Test
    void valuesThatGoAwayAreGone() {
        LeaseTable table = emptyTable();
        LeaseRow busy = lease(1).takenBy(ALICE).withCheckpoint(at(5, 3));
        done(table.put(busy));
        LeaseRow ended = busy.withRevision(1).finished(List.of(ShardId.of(7)));

        done(table.put(ended));

        assertThat(done(table.get(ended.entity()))).contains(ended.withRevision(2));
    }

    @Test
    void controlRowsAreAllRowsButLeasesAndTheLeader() {
        LeaseTable table = emptyTable();
        List<Row> rows = rows();
        rows.forEach(row -> done(table.put(row)));

        ControlRows control = done(table.listControlRows());

        List<Row> listed = new ArrayList<>(control.plans());
        listed.addAll(control.streams());
        listed.addAll(control.workers());
        assertThat(listed)
                .containsExactlyInAnyOrderElementsOf(rows.stream()
                        .filter(row -> row instanceof PlanRow || row instanceof StreamRow || row instanceof WorkerRow)
                        .map(row -> row.withRevision(1))
                        .toList());
    }

    @Test
    void whatWorkersTellIsListedAndNotAmongTheRowsThatAreLookedAtAllTheTime() {
        LeaseTable table = emptyTable();
        HealthRow alice = HealthRow.of(ALICE, Instant.ofEpochMilli(7), List.of());
        HealthRow bob = HealthRow.of(BOB, Instant.ofEpochMilli(9), List.of());
        done(table.put(bob));
        done(table.put(alice));

        assertThat(done(table.listHealth())).containsExactly(alice.withRevision(1), bob.withRevision(1));
        assertThat(done(table.listMembers())).isEqualTo(new Members(0, List.of(), List.of()));
        assertThat(done(table.listLeases())).isEmpty();
        assertThat(done(table.listPlans())).isEmpty();
    }

    @Test
    void whatIsPausedStandsAmongTheMembers() {
        LeaseTable table = emptyTable();
        assertThat(done(table.listMembers()).pauses()).contains(PauseRow.NONE);
        LeaseKey qualified = new LeaseKey(new StreamName("111122223333:us-east-1:orders"), ShardId.of(3));
        PauseRow paused = PauseRow.NONE.with(qualified, "why").withAll("all");
        done(table.put(paused));

        assertThat(done(table.listMembers()).pauses()).contains(paused.withRevision(1));
        done(table.put(new PauseRow(1, null, paused.leases())));
        assertThat(done(table.listMembers()).pauses()).contains(new PauseRow(2, null, paused.leases()));
    }

    @Test
    void notesThatGoAwayAreGone() {
        LeaseTable table = emptyTable();
        LeaseRow noted = lease(1).with(new LeaseNotes(Instant.ofEpochMilli(5), List.of("one")));
        done(table.put(noted));

        LeaseRow moved = noted.withRevision(1).movedTo(at(9, 0), noted.lineage());
        assertThat(done(table.put(moved)).isApplied()).isTrue();

        assertThat(done(table.getLeases(List.of(noted.key()))))
                .containsExactly(moved.withRevision(2))
                .allMatch(row -> row.notes().equals(new LeaseNotes(null, List.of("one"))));
    }

    @Test
    void preparedCheckpointIsReadBackAndEndsWithTheCheckpointThatReachesIt() {
        LeaseTable table = emptyTable();
        PendingCheckpoint prepared = new PendingCheckpoint(
                new RecordPosition(SequenceNumber.parse("7"), 3), Bytes.wrap(new byte[] {0, -1, 127}));
        LeaseRow row = lease(1).withPending(prepared);
        done(table.put(row));
        assertThat(done(table.getLeases(List.of(row.key()))))
                .allMatch(read -> read.pending().equals(Optional.of(prepared)));

        LeaseRow before = row.withRevision(1).withCheckpoint(at(7, 2));
        done(table.put(before));
        assertThat(done(table.getLeases(List.of(row.key())))).containsExactly(before.withRevision(2));
        assertThat(before.pending()).contains(prepared);

        LeaseRow reached = before.withRevision(2).withCheckpoint(at(7, 3));
        done(table.put(reached));
        assertThat(done(table.getLeases(List.of(row.key()))))
                .containsExactly(reached.withRevision(3))
                .allMatch(read -> read.pending().isEmpty());
    }

    @Test
    void membersComeWithTheNumberOfTimesThatPlansWereWritten() {
        LeaseTable table = emptyTable();
        assertThat(done(table.listMembers()).news()).isZero();

        done(table.put(new NewsRow(0, "alice")));
        done(table.put(new NewsRow(1, "bob")));

        assertThat(done(table.listMembers()).news()).isEqualTo(2);
        assertThat(done(table.put(new NewsRow(1, "carol"))).isApplied()).isFalse();
    }

    @Test
    void ofManyRowsThatAreWrittenTogetherEachHasItsOwnOutcome() {
        LeaseTable table = emptyTable();
        done(table.put(lease(103)));
        done(table.put(lease(155).takenBy(BOB)));
        List<Row> rows = new ArrayList<>();
        for (int i = 100; i < 220; i++) {
            rows.add(lease(i).takenBy(ALICE));
        }
        rows.set(3, lease(103).withRevision(1).takenBy(ALICE));

        List<WriteOutcome> outcomes =
                table.putAll(rows).stream().map(LeaseTableConformance::done).toList();

        assertThat(outcomes).hasSize(120);
        assertThat(outcomes.get(55))
                .isEqualTo(WriteOutcome.conflict(lease(155).takenBy(BOB).withRevision(1)));
        assertThat(outcomes.stream().filter(WriteOutcome::isApplied)).hasSize(119);
        assertThat(done(table.listLeases()))
                .hasSize(120)
                .allMatch(row ->
                        row.owner().equals(Optional.of(row.key().shard().equals(ShardId.of(155)) ? BOB : ALICE)));
        assertThat(done(table.get(rows.get(3).entity()))).map(Row::revision).contains(2L);
        assertThat(table.putAll(List.of())).isEmpty();
    }

    @Test
    void leasesAreFoundByTheirKeysHoweverMany() {
        LeaseTable table = emptyTable();
        List<LeaseKey> keys = new ArrayList<>();
        List<LeaseKey> written = new ArrayList<>();
        List<CompletableFuture<WriteOutcome>> writes = new ArrayList<>();
        for (int i = 100; i < 350; i++) {
            LeaseKey key = new LeaseKey(STREAM, ShardId.of(i));
            keys.add(key);
            if (i % 7 > 0) {
                written.add(key);
                writes.add(table.put(lease(i)));
            }
        }
        writes.forEach(LeaseTableConformance::done);

        assertThat(done(table.getLeases(keys))).extracting(LeaseRow::key).containsExactlyInAnyOrderElementsOf(written);
        assertThat(done(table.getLeases(List.of()))).isEmpty();
    }

    @Test
    void leasesAreListedInTheOrderOfTheirKeys() {
        LeaseTable table = emptyTable();
        rows().forEach(row -> done(table.put(row)));
        List<LeaseRow> before = done(table.listLeases());
        for (int shard : new int[] {40, 12, 33}) {
            done(table.put(lease(shard)));
        }

        List<LeaseRow> leases = done(table.listLeases());

        assertThat(leases)
                .hasSize(before.size() + 3)
                .isSortedAccordingTo((a, b) -> a.key().compareTo(b.key()));
    }

    @Test
    void manyLeasesAreListedWhole() {
        LeaseTable table = emptyTable();
        String longReason = "x".repeat(2000);
        Map<LeaseKey, String> leases = new TreeMap<>();
        List<CompletableFuture<WriteOutcome>> writes = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            leases.put(new LeaseKey(STREAM, ShardId.of(i)), longReason);
        }
        for (int i = 0; i < 40; i++) {
            WorkerId worker = new WorkerId("w" + i, "a");
            writes.add(table.put(new PlanRow(worker, 0, ALICE, 1, new TreeMap<>(leases), new TreeMap<>())));
        }
        writes.forEach(LeaseTableConformance::done);

        // Above a megabyte DynamoDB answers in pages.
        assertThat(done(table.listControlRows()).plans()).hasSize(40);
    }

    @Test
    void planOfMoreLeasesThanAnItemCouldNameIsTakenAndReadBack() {
        LeaseTable table = emptyTable();
        Map<LeaseKey, String> leases = new TreeMap<>();
        Map<LeaseKey, WorkerId> gives = new TreeMap<>();
        for (int i = 0; i < 10_000; i++) {
            LeaseKey key = new LeaseKey(STREAM, ShardId.of(i));
            leases.put(key, "evens out alice (" + i + ") and bob (" + i / 3 + ")");
            if (i % 2 == 0) {
                gives.put(key, BOB);
            }
        }
        PlanRow plan = new PlanRow(ALICE, 0, BOB, 7, new TreeMap<>(leases), new TreeMap<>(gives));

        assertThat(done(table.put(plan)).isApplied()).isTrue();
        assertThat(done(table.listPlans())).containsExactly(plan.withRevision(1));

        PlanRow less = new PlanRow(ALICE, 1, BOB, 7, new TreeMap<>(), new TreeMap<>());
        assertThat(done(table.put(less)).isApplied()).isTrue();
        assertThat(done(table.listPlans())).containsExactly(less.withRevision(2));
    }

    static List<Row> rows() {
        StreamIdentity identity = new StreamIdentity("arn:aws:kinesis:x:1:stream/orders", Instant.EPOCH);
        LeaseKey key = new LeaseKey(STREAM, ShardId.of(3));
        return List.of(
                new NewsRow(0, "alice"),
                lease(1),
                lease(2).takenBy(ALICE).withCheckpoint(at(9, 0)),
                lease(3).takenBy(ALICE).withLoad(123_456),
                lease(9).takenBy(ALICE).with(new LeaseNotes(Instant.ofEpochMilli(5), List.of("one", "two"))),
                HealthRow.of(
                        ALICE,
                        Instant.ofEpochMilli(7),
                        List.of(new LeaseStatus(
                                key, 3, "FETCHING", Duration.ofHours(1), LeaseStatus.Trend.FALLS, 7, null, null))),
                lease(4).withCheckpoint(Checkpoint.notStarted(Position.latest())),
                lease(5).withCheckpoint(Checkpoint.notStarted(new Position.AtTimestamp(Instant.ofEpochMilli(1234)))),
                lease(6).takenBy(BOB).withCheckpoint(at(10, 7)).finished(List.of(ShardId.of(7), ShardId.of(8))),
                new WorkerRow(ALICE, 0, WorkerRow.State.LEAVING, 3, 4, new WorkerRow.Info("", "1.0", 5)),
                new WorkerRow(
                        BOB,
                        0,
                        WorkerRow.State.ACTIVE,
                        3,
                        4,
                        new WorkerRow.Info("", "1.0", 5, 7, new TreeSet<>(List.of(STREAM, new StreamName("b"))))),
                new PlanRow(BOB, 0, ALICE, 7, new TreeMap<>(Map.of(key, "why")), new TreeMap<>(Map.of(key, ALICE))),
                new PlanRow(ALICE, 0, ALICE, 7, new TreeMap<>(), new TreeMap<>()),
                new LeaderRow(0, 4, BOB),
                PauseRow.NONE.with(key, "why").withAll("all"),
                new StreamRow(STREAM, 0, identity, Position.trimHorizon(), false),
                new StreamRow(new StreamName("half"), 0, identity, Position.trimHorizon(), false).duringImport(),
                new StreamRow(new StreamName("left"), 0, identity, Position.trimHorizon(), true).duringDeletion(),
                new StreamRow(new StreamName("newest"), 0, identity, Position.latest(), false)
                        .beganAt(Instant.ofEpochMilli(99)),
                new StreamRow(
                        new StreamName("a.b_c-d"),
                        0,
                        identity,
                        new Position.AtTimestamp(Instant.ofEpochMilli(77)),
                        true));
    }

    private static LeaseRow lease(int shard) {
        Lineage lineage = new Lineage(
                List.of(ShardId.of(0)), List.of(), HashKeyRange.evenly(4).get(2));
        LeaseKey key = new LeaseKey(STREAM, ShardId.of(shard));
        return LeaseRow.fresh(key, Checkpoint.notStarted(Position.trimHorizon()), lineage);
    }

    private static Checkpoint at(int number, long sub) {
        return Checkpoint.processed(new RecordPosition(SequenceNumber.parse(Integer.toString(number)), sub));
    }

    static <T> T done(CompletableFuture<T> call) {
        return call.orTimeout(20, TimeUnit.SECONDS).join();
    }
}
