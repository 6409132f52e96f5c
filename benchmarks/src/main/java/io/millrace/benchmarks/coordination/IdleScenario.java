package io.millrace.benchmarks.coordination;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Fleets of two workers with nothing to do, on streams of few and many shards: what they ask of DynamoDB in a minute, by
 * operation, and what that costs at Amazon's list prices. Belongs to one thread.
 */
final class IdleScenario {
    private static final Duration FAILOVER = Duration.ofSeconds(10);
    private static final int WORKERS = 2;
    private static final double MINUTES_A_MONTH = 30.4 * 24 * 60;

    /** Dollars a million request units, on demand, us-east-1, November 2026. */
    private static final double READ_PRICE = 0.125;

    private static final double WRITE_PRICE = 0.625;

    /** Renewals a minute and lease at F = 10 s: every 10 s / 3 - 25 ms. */
    private static final double KCL_WRITES = 18.14;

    /** Reading a shard costs nothing of the table, so it is done seldom here. */
    private static final Duration IDLE_TIME = Duration.ofSeconds(10);

    private final Bench bench;
    private final PrintWriter out;
    private final Duration window;

    IdleScenario(Bench bench, PrintWriter out, Duration window) {
        this.bench = bench;
        this.out = out;
        this.window = window;
    }

    void run(List<Integer> shardCounts) throws IOException {
        Map<Integer, Fleet> fleets = new TreeMap<>();
        try {
            for (int shards : shardCounts) {
                String stream = "idle-" + shards;
                bench.stack().createStream(stream, shards);
                Fleet fleet = new Fleet(bench, stream, FAILOVER, IDLE_TIME);
                fleets.put(shards, fleet);
                for (int i = 0; i < WORKERS; i++) {
                    WorkerUnderTest unused = fleet.start();
                }
                fleet.awaitEven(shards);
            }
            Fleet.rest(Duration.ofSeconds(4));
            long begun = bench.now();
            Fleet.rest(window.plusSeconds(1));
            print(fleets, begun);
        } finally {
            fleets.values().forEach(Fleet::close);
        }
    }

    private void print(Map<Integer, Fleet> fleets, long begun) {
        out.println();
        out.println("An idle minute of " + WORKERS + " workers at F = " + FAILOVER.toSeconds()
                + " s, measured over " + window.toSeconds() + " s; must be: "
                + 300 / FAILOVER.toSeconds() + " writes a worker plus the leader's few, none a shard");
        out.println();
        out.println(
                "| shards | calls a minute | read units | write units | $ a month | KCL 3.5.1: writes, $ a month |");
        out.println("|---|---|---|---|---|---|");
        fleets.forEach((shards, fleet) -> out.println(line(shards, perMinute(fleet, begun))));
    }

    private static String line(int shards, Map<String, Double> seen) {
        Map<String, Double> calls = new TreeMap<>(seen);
        double reads = units(calls, TableCalls.READ_UNITS);
        double writes = units(calls, TableCalls.WRITE_UNITS);
        List<String> named = new ArrayList<>();
        calls.forEach((operation, count) -> named.add(String.format(Locale.ROOT, "%s %.0f", operation, count)));
        return String.format(
                Locale.ROOT,
                "| %d | %s | %.0f | %.0f | %.2f | %.0f, %.2f |",
                shards,
                String.join(", ", named),
                reads,
                writes,
                aMonth(reads, READ_PRICE) + aMonth(writes, WRITE_PRICE),
                KCL_WRITES * shards,
                aMonth(KCL_WRITES * shards, WRITE_PRICE));
    }

    private static double units(Map<String, Double> calls, String kind) {
        Double units = calls.remove(kind);
        return units == null ? 0 : units;
    }

    private static double aMonth(double unitsAMinute, double price) {
        return unitsAMinute * MINUTES_A_MONTH / 1e6 * price;
    }

    /** The difference of what each worker told at the window's two ends, added up. */
    private Map<String, Double> perMinute(Fleet fleet, long begun) {
        Map<String, Double> sum = new TreeMap<>();
        for (String worker : fleet.names()) {
            List<Journal.Told> told = fleet.journal().events(Line.Kind.CALLS, begun).stream()
                    .filter(line -> line.worker().equals(worker)
                            && line.at() <= begun + window.plusMillis(500).toNanos())
                    .toList();
            Line first = told.get(0).line();
            Line last = told.get(told.size() - 1).line();
            double minutes = (last.at() - first.at()) / 60e9;
            Map<String, Double> before = TableCalls.parse(first.text());
            TableCalls.parse(last.text()).forEach((name, count) -> {
                double more = count - before.getOrDefault(name, 0.0);
                if (more > 0) {
                    sum.merge(name, more / minutes, Double::sum);
                }
            });
        }
        return sum;
    }
}
