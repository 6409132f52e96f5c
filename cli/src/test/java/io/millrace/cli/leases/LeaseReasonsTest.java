package io.millrace.cli.leases;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.leases.Snapshot.Silence;
import io.millrace.cli.terminal.ScreenSize;
import io.millrace.cli.terminal.ShownLine;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Fleet;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.decide.Plans;
import io.millrace.lease.decide.Standing;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class LeaseReasonsTest {
    private static final StreamName ORDERS = new StreamName("orders");
    private static final WorkerId ALICE = new WorkerId("alice", "1");
    private static final WorkerId BOB = new WorkerId("bob", "2");
    private static final LeaderRow LEADER = new LeaderRow(1, 4, ALICE);

    @Test
    void reasonsAgreeWithTheLeadersOwnDecision() {
        List<LeaseRow> leases = IntStream.range(0, 4).mapToObj(i -> lease(i)).toList();
        List<WorkerRow> workers = List.of(worker(ALICE, 9), worker(BOB, 9));
        List<PlanRow> plans = decide(leases, workers);

        LeaseReasons reasons = new LeaseReasons(snapshot(leases, workers, plans));

        for (LeaseRow lease : leases) {
            PlanRow plan = reasons.plan(lease.key()).orElseThrow();
            assertThat(reasons.next(lease.key())).isEmpty();
            assertThat(reasons.why(lease))
                    .isEqualTo("owned by nobody; planned for " + plan.worker().name() + ": "
                            + plan.leases().get(lease.key()));
        }
        assertThat(ShownLine.texts(reasons.lines()))
                .hasSize(6)
                .last()
                .asString()
                .endsWith("the plan is the same");
    }

    @Test
    void whatTheLeaderWouldMoveNowIsTold() {
        List<LeaseRow> leases =
                IntStream.range(0, 4).mapToObj(i -> lease(i).takenBy(ALICE)).toList();
        List<PlanRow> alone = decide(leases, List.of(worker(ALICE, 9)));

        // Bob has joined, and the leader has not planned yet.
        LeaseReasons reasons = new LeaseReasons(snapshot(leases, List.of(worker(ALICE, 9), worker(BOB, 9)), alone));

        assertThat(leases.stream().filter(lease -> reasons.next(lease.key()).isPresent()))
                .hasSize(2)
                .allMatch(lease -> reasons.why(lease).contains("the next plan has it for bob: evens out alice"));
        assertThat(ShownLine.texts(reasons.lines())).last().asString().endsWith("the plan differs for 2 leases");
    }

    @Test
    void leaseOutOfEveryPlanHasItsReason() {
        LeaseRow lease = lease(0);
        assertThat(why(lease, List.of())).endsWith("in nobody's plan: no worker takes part");
        WorkerRow other = new WorkerRow(
                ALICE,
                1,
                WorkerRow.State.ACTIVE,
                0,
                0,
                new WorkerRow.Info("", "", 0).reading(new TreeSet<>(List.of(new StreamName("other")))));
        assertThat(why(lease, List.of(other))).endsWith("no worker reads stream orders");
        List<LeaseRow> two = List.of(lease, lease(1));
        List<WorkerRow> small = List.of(worker(ALICE, 1));
        LeaseReasons reasons = new LeaseReasons(snapshot(two, small, decide(two, small)));
        assertThat(two.stream().map(reasons::why))
                .anyMatch(why -> why.endsWith("every worker that reads its stream holds as many leases as it takes"));
    }

    @Test
    void finishedAndWaitingLeasesSayForWhat() {
        LeaseRow parent = lease(0);
        LeaseRow child = lease(1, 0);
        assertThat(why(child, List.of(), parent))
                .isEqualTo("waits for shardId-000000000000 to be processed to the end");
        assertThat(why(parent.finished(List.of(ShardId.of(1))), List.of()))
                .isEqualTo("finished, followed by shardId-000000000001");
    }

    @Test
    void screenThatIsTooSmallSaysHowMuchIsMissing() {
        List<ShownLine> lines = ShownLine.plain(List.of("one", "two", "three", "four", "five"));
        assertThat(LeaseReport.fit(lines, new ScreenSize(7, 80))).isEqualTo(lines);
        assertThat(ShownLine.texts(LeaseReport.fit(lines, new ScreenSize(6, 80))))
                .containsExactly("one", "two", "three", "  and 2 more lines");
        assertThat(LeaseReport.fit(lines, new ScreenSize(1, 80))).hasSize(1);
    }

    @Test
    void documentHasTheShapeThatTheDocsPromise() {
        List<LeaseRow> leases = List.of(lease(0).takenBy(ALICE));
        List<WorkerRow> workers = List.of(worker(ALICE, 9));

        assertThat(LeaseJson.document("app", "millrace", snapshot(leases, workers, decide(leases, workers)))
                        .toString())
                .isEqualTo(
                        "{\"application\":\"app\",\"table\":\"millrace\",\"leader\":{\"worker\":\"alice#1\",\"epoch\":4},"
                                + "\"workers\":[{\"worker\":\"alice#1\",\"name\":\"alice\",\"state\":\"ACTIVE\",\"heartbeat\":1,"
                                + "\"heartbeatMoved\":true,\"heartbeatAgeMillis\":100,\"owns\":1,\"planned\":1,\"maxLeases\":9,"
                                + "\"streams\":[],\"host\":\"\",\"version\":\"\"}],\"streams\":[],"
                                + "\"leases\":[{\"stream\":\"orders\",\"shard\":\"shardId-000000000000\",\"state\":\"OPEN\","
                                + "\"owner\":\"alice#1\",\"ownerHeartbeatAgeMillis\":100,\"epoch\":1,\"checkpoint\":\"TRIM_HORIZON\","
                                + "\"sequenceNumber\":null,\"subSequenceNumber\":null,\"timestamp\":null,\"parents\":[],\"children\":[],"
                                + "\"hashStart\":\"0\",\"hashEnd\":\"340282366920938463463374607431768211455\","
                                + "\"bytesPerSecond\":null,\"plannedFor\":\"alice#1\",\"nextFor\":null,"
                                + "\"why\":\"owned by alice, its heartbeat moved 0.1 s ago; planned so: its owner took it when its"
                                + " parents had ended\",\"progress\":{\"state\":\"UNTOLD\",\"wrong\":false,\"reason\":null,\"paused\":null,"
                                + "\"told\":false,\"behindMillis\":null,\"trend\":null,\"busyPercent\":null,\"doing\":null,"
                                + "\"checkpointAgeMillis\":null,\"fails\":null,\"waits\":null},\"skips\":[]}],"
                                + "\"unreadable\":[],\"wrong\":[]}");
    }

    private static String why(LeaseRow lease, List<WorkerRow> workers, LeaseRow... others) {
        List<LeaseRow> leases = new ArrayList<>(Arrays.asList(others));
        leases.add(lease);
        return new LeaseReasons(snapshot(leases, workers, List.of())).why(lease);
    }

    /** The plans that the leader writes of these rows. */
    private static List<PlanRow> decide(List<LeaseRow> leases, List<WorkerRow> workers) {
        LeaseBook book = new LeaseBook();
        book.replaceAll(leases, 0, 0);
        return Plans.decide(book, new ControlRows(List.of(), List.of(), workers), fleet(workers), LEADER)
                .changed();
    }

    private static Snapshot snapshot(List<LeaseRow> leases, List<WorkerRow> workers, List<PlanRow> plans) {
        SortedMap<WorkerId, Silence> silences = new TreeMap<>();
        workers.forEach(worker -> silences.put(worker.id(), new Silence(Duration.ofMillis(100), true)));
        return new Snapshot(
                Optional.of(LEADER), new ControlRows(plans, List.of(), workers), leases, fleet(workers), silences);
    }

    private static Fleet fleet(List<WorkerRow> workers) {
        SortedMap<WorkerId, Standing> standings = new TreeMap<>();
        workers.forEach(worker -> standings.put(worker.id(), Standing.ACTIVE));
        return new Fleet(0, new TreeMap<>(Map.copyOf(standings)));
    }

    private static WorkerRow worker(WorkerId id, int maxLeases) {
        return new WorkerRow(
                id, 1, WorkerRow.State.ACTIVE, 0, 0, new WorkerRow.Info("", "", 0, maxLeases, new TreeSet<>()));
    }

    private static LeaseRow lease(int shard, int... parents) {
        Lineage lineage =
                new Lineage(Arrays.stream(parents).mapToObj(ShardId::of).toList(), List.of(), HashKeyRange.ALL);
        return LeaseRow.fresh(
                        new LeaseKey(ORDERS, ShardId.of(shard)), Checkpoint.notStarted(Position.trimHorizon()), lineage)
                .withRevision(1);
    }
}
