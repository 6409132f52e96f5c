package io.millrace.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** The cost of a put against what it should not depend on. Belongs to one thread. */
final class Curve {
    private static final int MIB = 1 << 20;
    /** A request of this many records of a MiB is still within the service's limit. */
    private static final int RECORDS_OF_A_MIB = 7;

    private final Opening opening;
    private final LoadRun load;
    private final PrintWriter out;

    Curve(Opening opening, LoadRun load, PrintWriter out) {
        this.opening = opening;
        this.load = load;
        this.out = out;
    }

    void run(List<Integer> shardCounts, List<Integer> storedGb) throws IOException, InterruptedException {
        out.println("| shards | stored | workload | records/CPU-s | CPU us/record | p50 ms | p99 ms |");
        out.println("|---|---|---|---|---|---|---|");
        for (int shards : shardCounts) {
            try (Benchmark.Opened opened = opening.open()) {
                for (Workload workload : puts(shards)) {
                    workload.prepare(opened.calls());
                    measure(workload, shards, 0, opened);
                }
            }
        }
        try (Benchmark.Opened opened = opening.open()) {
            List<Workload> workloads = puts(4);
            for (Workload workload : workloads) {
                workload.prepare(opened.calls());
            }
            int stored = 0;
            for (int wanted : storedGb) {
                int requests = (wanted - stored) * 1024 / RECORDS_OF_A_MIB;
                opened.calls().fill("many", requests, RECORDS_OF_A_MIB, MIB - 64);
                stored = wanted;
                for (Workload workload : workloads) {
                    measure(workload, 4, stored, opened);
                }
            }
        }
    }

    private void measure(Workload workload, int shards, int gb, Benchmark.Opened opened)
            throws IOException, InterruptedException {
        Measurement seen = load.run(workload, opened.server());
        out.println(String.format(
                Locale.ROOT,
                "| %,d | %d GB | %s | %,.0f | %.2f | %.2f | %.2f |",
                shards,
                gb,
                workload.name(),
                seen.recordsPerCpuSecond(),
                1e6 / seen.recordsPerCpuSecond(),
                seen.latencyMillis(50),
                seen.latencyMillis(99)));
    }

    private static List<Workload> puts(int shards) {
        return List.of(
                new Puts("PutRecords 500 x 100 B", Form.JSON, "many", shards, 500, 100, 4),
                new Puts("PutRecord 1 KiB", Form.JSON, "single", shards, 1, 1024, 16));
    }

    /** Starts a server of ours. */
    @FunctionalInterface
    interface Opening {
        Benchmark.Opened open() throws IOException, InterruptedException;
    }
}
