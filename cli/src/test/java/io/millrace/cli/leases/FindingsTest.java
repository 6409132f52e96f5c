package io.millrace.cli.leases;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.leases.Findings.Kind;
import io.millrace.cli.leases.Snapshot.Silence;
import io.millrace.cli.terminal.ShownLine;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStatus;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Fleet;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.decide.Plans;
import io.millrace.lease.decide.Standing;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.PauseRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FindingsTest {
    private static final Instant NOW = Instant.parse("2026-11-30T02:00:00Z");
    private static final StreamName ORDERS = new StreamName("orders");
    private static final WorkerId ALICE = new WorkerId("alice", "1");
    private static final WorkerId BOB = new WorkerId("bob", "2");
    private static final LeaderRow LEADER = new LeaderRow(1, 4, ALICE);
    private static final SequenceNumber NUMBER = SequenceNumber.parse("4".repeat(56));

    private final List<WorkerRow> workers = new ArrayList<>(List.of(worker(ALICE), worker(BOB)));
    private final List<LeaseRow> leases = new ArrayList<>();
    private final Map<WorkerId, List<LeaseStatus>> told = new HashMap<>(Map.of(ALICE, List.of(), BOB, List.of()));
    private final TreeSet<WorkerId> silent = new TreeSet<>();
    private PauseRow pauses = PauseRow.NONE;

    @Test
    void leaseOfWhichItsOwnerSaysNothingIsWell() {
        own(0, ALICE);

        assertThat(finding(0)).isEqualTo(new Findings.Finding(Kind.OK, ""));
    }

    @Test
    void throwingProcessorIsNamedWithItsPlaceAndHowOften() {
        own(0, ALICE);
        says(ALICE, failing(0, "processRecords threw a.Poison at a.B.c(B.java:2)"));

        assertThat(finding(0))
                .isEqualTo(new Findings.Finding(
                        Kind.THROWS,
                        "12 times in 34s, at 100 records, processRecords threw a.Poison at a.B.c(B.java:2)"));
        assertThat(text(reasons().lines()))
                .contains("\n  throws at 100 records from " + NUMBER + " to " + NUMBER + "/7\n")
                .contains("\n  processed up to trim_horizon\n");
    }

    @Test
    void unreadableShardAndBrokenWorkerAreOtherThings() {
        own(0, ALICE);
        own(1, ALICE);
        LeaseStatus broken = new LeaseStatus(
                key(1),
                1,
                "BROKEN",
                Duration.ZERO,
                LeaseStatus.Trend.STEADY,
                0,
                failure("an error in the worker"),
                null);
        says(ALICE, failing(0, "cannot be read (TRANSIENT): no connection"), broken);

        assertThat(finding(0).kind()).isEqualTo(Kind.UNREAD);
        assertThat(finding(1).kind()).isEqualTo(Kind.BROKEN);
    }

    @Test
    void callThatDoesNotReturnHangsAfterHalfAMinuteOrWhenItsWorkerSaysSo() {
        own(0, ALICE);
        says(ALICE, waits(0, 45, false));
        assertThat(finding(0))
                .isEqualTo(new Findings.Finding(
                        Kind.HANGS, "processRecords has not returned for 45s, at a.B.c(B.java:2)"));

        says(ALICE, waits(0, 12, false));
        assertThat(finding(0).kind()).isEqualTo(Kind.BEHIND);
        says(ALICE, waits(0, 12, true));
        assertThat(finding(0).kind()).isEqualTo(Kind.HANGS);
    }

    @Test
    void lagThatGrowsIsSlowAndSaysWhetherTheProcessorIs() {
        own(0, ALICE);
        says(ALICE, lags(0, 90, LeaseStatus.Trend.GROWS, 98));
        assertThat(finding(0))
                .isEqualTo(new Findings.Finding(
                        Kind.SLOW, "90s behind and growing: the processor is busy 98 % of the time"));
        says(ALICE, lags(0, 90, LeaseStatus.Trend.GROWS, 7));
        assertThat(finding(0).reason()).endsWith("busy 7 % of the time only, reading is slower");
        says(ALICE, lags(0, 90, LeaseStatus.Trend.STEADY, 98));
        assertThat(finding(0).kind()).isEqualTo(Kind.SLOW);
        says(ALICE, lags(0, 90, LeaseStatus.Trend.FALLS, 98));
        assertThat(finding(0)).isEqualTo(new Findings.Finding(Kind.BEHIND, "90s behind"));
        says(ALICE, lags(0, 30, LeaseStatus.Trend.STEADY, 98));
        assertThat(finding(0).isWrong()).isFalse();
    }

    @Test
    void whatWasSaidOfAnotherOwnershipDoesNotCount() {
        own(0, BOB);
        says(ALICE, failing(0, "processRecords threw a.Poison"));
        assertThat(finding(0).kind()).isEqualTo(Kind.OK);

        leases.set(0, leases.get(0).takenBy(ALICE));
        assertThat(finding(0).kind()).isEqualTo(Kind.OK);
    }

    @Test
    void workerThatDoesNotMoveIsNamedWithItsLeases() {
        own(0, ALICE);
        silent.add(ALICE);

        assertThat(finding(0))
                .isEqualTo(
                        new Findings.Finding(Kind.GONE, "worker alice does not move, its heartbeat silent for 3.0 s"));
        assertThat(reasons().findings().ofWorkers())
                .containsExactly(
                        "worker alice gone: its heartbeat silent for 3.0 s; if that goes on others take its 1 leases");
    }

    @Test
    void workerWhoseRowIsGoneAndWhoDidNotLeaveIsNamedForAWhile() {
        workers.remove(0);
        assertThat(reasons().findings().ofWorkers())
                .containsExactly(
                        "worker alice gone: it died or was cut off, and did not leave; others have its leases");

        workers.add(worker(new WorkerId("alice", "7")));
        told.put(new WorkerId("alice", "7"), List.of());
        assertThat(reasons().findings().ofWorkers())
                .containsExactly("worker alice was gone: it counted as dead, lost its leases and joined again");
    }

    @Test
    void workerOfAFormerVersionTellsNothing() {
        own(0, ALICE);
        told.remove(ALICE);

        assertThat(finding(0)).isEqualTo(new Findings.Finding(Kind.UNTOLD, ""));
        assertThat(reasons().findings().untold()).containsExactly("alice");
    }

    @Test
    void leaseThatNobodyHasSaysWhyAndOneOnItsWayIsNotWrong() {
        leases.add(lease(0));
        assertThat(finding(0).kind()).isEqualTo(Kind.MOVES);

        workers.clear();
        told.clear();
        assertThat(finding(0)).isEqualTo(new Findings.Finding(Kind.NOBODY, "nobody has it: no worker takes part"));
    }

    @Test
    void reportFitsATerminalAndNamesTheWorstFirst() {
        IntStream.range(0, 40).forEach(i -> own(i, ALICE));
        says(
                ALICE,
                IntStream.range(0, 30)
                        .mapToObj(i -> failing(i, "processRecords threw a.B"))
                        .toArray(LeaseStatus[]::new));
        leases.set(39, leases.get(39).with(leases.get(39).notes().savedAt(NOW.minusSeconds(200))));

        List<ShownLine> lines = LeaseReport.lines("app", snapshot());

        assertThat(text(lines))
                .contains("\norders/shardId-000000000019 throws: 12 times in 34s")
                .contains("\nand 10 more leases, see --why\n")
                .contains("\n  orders/shardId-000000000029 alice      1   <5s     -  throws\n")
                .endsWith("\n  orders/shardId-000000000039 alice      1   <5s    3m  ok");
        assertThat(lines.stream().filter(line -> line.text().startsWith("  ")))
                .allMatch(line -> line.text().length() <= LeaseReport.WIDTH);
        assertThat(lines.stream().filter(ShownLine::isWrong)).hasSize(20 + 1 + 30);
    }

    @Test
    void namesThatAreTooLongForATerminalAreCutButNotTheShards() {
        WorkerId pod = new WorkerId("pod-" + "x".repeat(60), "1");
        workers.set(0, worker(pod));
        own(0, pod);

        assertThat(LeaseReport.lines("app", snapshot()).stream()
                        .map(ShownLine::text)
                        .filter(line -> line.startsWith("  orders/shardId-000000000000 pod-x")))
                .hasSize(1)
                .allMatch(line -> line.length() <= LeaseReport.WIDTH);
    }

    @Test
    void pausedShardIsShownAsThatThoughItLagsAndNotWhenItThrows() {
        own(0, ALICE);
        own(1, ALICE);
        says(ALICE, lags(0, 90, LeaseStatus.Trend.GROWS, 0), failing(1, "processRecords threw a.Poison"));
        pauses = PauseRow.NONE.withAll("yesterday by me");

        assertThat(finding(0)).isEqualTo(new Findings.Finding(Kind.PAUSED, "since yesterday by me"));
        assertThat(finding(1).kind()).isEqualTo(Kind.THROWS);
        assertThat(text(LeaseReport.lines("app", snapshot()))).contains("\nall is paused since yesterday by me\n");

        pauses = PauseRow.NONE.with(key(1), "today by me");
        assertThat(finding(0).kind()).isEqualTo(Kind.SLOW);
        assertThat(text(LeaseReport.lines("app", snapshot())))
                .contains("\norders/shardId-000000000001 is paused since today by me\n");
        assertThat(LeaseJson.document("app", "t", snapshot()).toString()).contains("\"paused\":\"today by me\"");
    }

    @Test
    void skipsAreShownWhereItIsAskedWhy() {
        own(0, ALICE);
        leases.set(0, leases.get(0).with(leases.get(0).notes().skipped("today by me: 3 records")));

        assertThat(text(reasons().lines())).contains("\n  skipped: today by me: 3 records\n");
        assertThat(LeaseJson.document("app", "t", snapshot()).toString())
                .contains("\"skips\":[\"today by me: 3 records\"]");
    }

    @Test
    void documentCarriesAllThatIsTold() {
        own(0, ALICE);
        says(ALICE, failing(0, "processRecords threw a.Poison"));

        assertThat(LeaseJson.document("app", "t", snapshot()).toString())
                .contains(
                        "\"progress\":{\"state\":\"THROWS\",\"wrong\":true,\"reason\":\"12 times in 34s, at 100 records, "
                                + "processRecords threw a.Poison\",\"paused\":null,\"told\":true,\"behindMillis\":0,\"trend\":\"STEADY\","
                                + "\"busyPercent\":0,\"doing\":\"BATCH_FAILED\",\"checkpointAgeMillis\":null,\"fails\":{\"what\":"
                                + "\"processRecords threw a.Poison\",\"since\":\"2026-11-30T01:59:26Z\",\"times\":12,\"records\":100,"
                                + "\"first\":\"" + NUMBER + "\",\"last\":\"" + NUMBER + "/7\"},\"waits\":null}");
    }

    private static String text(List<ShownLine> lines) {
        return String.join("\n", ShownLine.texts(lines));
    }

    private void own(int shard, WorkerId owner) {
        leases.add(lease(shard).takenBy(owner));
    }

    private void says(WorkerId worker, LeaseStatus... statuses) {
        told.put(worker, List.of(statuses));
    }

    private Findings.Finding finding(int shard) {
        return reasons().findings().of(leases.get(shard));
    }

    private LeaseReasons reasons() {
        return new LeaseReasons(snapshot());
    }

    private Snapshot snapshot() {
        TreeMap<WorkerId, Standing> standings = new TreeMap<>();
        Map<WorkerId, Silence> silences = new HashMap<>();
        for (WorkerRow worker : workers) {
            boolean moves = !silent.contains(worker.id());
            standings.put(worker.id(), Standing.ACTIVE);
            silences.put(worker.id(), new Silence(Duration.ofMillis(moves ? 100 : 3_000), moves));
        }
        Fleet fleet = new Fleet(0, standings);
        LeaseBook book = new LeaseBook();
        book.replaceAll(leases, 0, 0);
        List<PlanRow> plans = Plans.decide(book, new ControlRows(List.of(), List.of(), workers), fleet, LEADER)
                .changed();
        List<HealthRow> rows = told.entrySet().stream()
                .map(entry -> HealthRow.of(entry.getKey(), NOW, entry.getValue()))
                .toList();
        return new Snapshot(Optional.of(LEADER), new ControlRows(plans, List.of(), workers), leases, fleet, silences)
                .told(rows, pauses, NOW);
    }

    private static LeaseStatus failing(int shard, String what) {
        return new LeaseStatus(
                key(shard), 1, "BATCH_FAILED", Duration.ZERO, LeaseStatus.Trend.STEADY, 0, failure(what), null);
    }

    private static LeaseStatus.Failure failure(String what) {
        LeaseStatus.Batch batch = new LeaseStatus.Batch(RecordPosition.of(NUMBER), new RecordPosition(NUMBER, 7), 100);
        return new LeaseStatus.Failure(NOW.minusSeconds(34), what, 12, batch);
    }

    private static LeaseStatus waits(int shard, int seconds, boolean isStuck) {
        LeaseStatus.Wait wait =
                new LeaseStatus.Wait("processRecords", NOW.minusSeconds(seconds), isStuck, "a.B.c(B.java:2)");
        return status(shard, 12, LeaseStatus.Trend.STEADY, 100, wait);
    }

    private static LeaseStatus lags(int shard, int seconds, LeaseStatus.Trend trend, int busy) {
        return status(shard, seconds, trend, busy, null);
    }

    private static LeaseStatus status(
            int shard, int seconds, LeaseStatus.Trend trend, int busy, LeaseStatus.@Nullable Wait wait) {
        return new LeaseStatus(key(shard), 1, "PROCESSING", Duration.ofSeconds(seconds), trend, busy, null, wait);
    }

    private static LeaseKey key(int shard) {
        return new LeaseKey(ORDERS, ShardId.of(shard));
    }

    private static WorkerRow worker(WorkerId id) {
        return new WorkerRow(id, 1, WorkerRow.State.ACTIVE, 0, 0, new WorkerRow.Info("a-host.example.com", "", 0));
    }

    private static LeaseRow lease(int shard) {
        return LeaseRow.fresh(
                        key(shard),
                        Checkpoint.notStarted(Position.trimHorizon()),
                        new Lineage(List.of(), List.of(), HashKeyRange.ALL))
                .withRevision(1);
    }
}
