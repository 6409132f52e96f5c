package io.millrace.benchmarks.coordination;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.Fleet;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.decide.Liveness;
import io.millrace.lease.decide.Plans;
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
import io.millrace.runtime.SystemPlatform;
import io.millrace.runtime.Ticker;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A program of its own, so that its first plan is the first of its JVM: 10,000 leases evenly on 50 workers, and a 51st that
 * joins. Prints the milliseconds of the first plan, of the later ones, and how many leases move. One thread's.
 */
public final class PlanTime {
    private static final int LEASES = 10_000;
    private static final int WORKERS = 50;
    private static final int WARM_UP = 100;
    private static final int MEASURED = 20;

    private final Ticker ticker = new SystemPlatform().ticker();
    private final LeaderRow leader = new LeaderRow(1, 1, worker(0));
    private final LeaseBook book = new LeaseBook();
    private final ControlRows control;
    private final Fleet fleet;

    private PlanTime() {
        List<WorkerRow> rows = new ArrayList<>();
        List<SortedMap<LeaseKey, String>> shares = new ArrayList<>();
        for (int i = 0; i <= WORKERS; i++) {
            rows.add(new WorkerRow(
                    worker(i), 1, WorkerRow.State.ACTIVE, 0, 0, new WorkerRow.Info("host", "version", 0)));
            shares.add(new TreeMap<>());
        }
        List<LeaseRow> leases = new ArrayList<>();
        for (int i = 0; i < LEASES; i++) {
            LeaseKey key =
                    new LeaseKey(new StreamName("orders"), new ShardId(String.format(Locale.ROOT, "shardId-%012d", i)));
            Lineage lineage = new Lineage(List.of(), List.of(), HashKeyRange.ALL);
            LeaseRow row = LeaseRow.fresh(key, Checkpoint.notStarted(Position.trimHorizon()), lineage);
            leases.add(row.takenBy(worker(i % WORKERS)).withRevision(2));
            shares.get(i % WORKERS).put(key, "nobody had it");
        }
        List<PlanRow> plans = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            plans.add(new PlanRow(worker(i), 1, leader.leader(), leader.epoch(), shares.get(i), new TreeMap<>()));
        }
        book.replaceAll(leases, 0, 0);
        control = new ControlRows(plans, List.of(), rows);
        fleet = new Liveness(Duration.ofSeconds(10)).observe(rows, 0, 0);
    }

    /** Prints the figures, one a line: {@code cold}, {@code warm} or {@code moves}, and the number. */
    public static void main(String[] arguments) {
        new PlanTime().run();
    }

    private void run() {
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        double cold = plan();
        tell("cpu", (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before) / 1e6);
        tell("cold", cold);
        for (int i = 0; i < WARM_UP; i++) {
            double unused = plan();
        }
        for (int i = 0; i < MEASURED; i++) {
            tell("warm", plan());
        }
        long moves = Plans.decide(book, control, fleet, leader).news().keySet().stream()
                .filter(key -> book.row(key).orElseThrow().owner().isPresent())
                .count();
        tell("moves", (double) moves);
    }

    private double plan() {
        long begun = ticker.nanoTime();
        Plans.Decision decision = Plans.decide(book, control, fleet, leader);
        double millis = (ticker.nanoTime() - begun) / 1e6;
        if (decision.changed().isEmpty()) {
            throw new IllegalStateException("a worker joined and nothing changed");
        }
        return millis;
    }

    private static void tell(String what, double value) {
        System.out.println(what + " " + value);
    }

    private static WorkerId worker(int number) {
        return new WorkerId("worker-" + number, "run");
    }
}
