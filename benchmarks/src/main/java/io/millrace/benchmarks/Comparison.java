package io.millrace.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The table: every server under every workload, and how many times more than it the first one does. One thread's. */
final class Comparison {
    private final Map<String, Map<String, Measurement>> rows = new LinkedHashMap<>();

    void add(String workload, String server, Measurement seen) {
        rows.computeIfAbsent(workload, missing -> new LinkedHashMap<>()).put(server, seen);
    }

    /** The table as text. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(
                "| workload | server | records/s | records/CPU-s | requests/CPU-s | p50 ms | p99 ms | first against it |");
        lines.add("|---|---|---|---|---|---|---|---|");
        rows.forEach((workload, servers) -> {
            double first = servers.values().iterator().next().recordsPerCpuSecond();
            servers.forEach((server, seen) -> lines.add(line(
                    workload,
                    server,
                    seen,
                    String.format(Locale.ROOT, "%,.1f x", first / seen.recordsPerCpuSecond()))));
        });
        return lines;
    }

    /** One row. */
    static String line(String workload, String server, Measurement seen, String ratio) {
        return String.format(
                Locale.ROOT,
                "| %s | %s | %,.0f | %,.0f | %,.0f | %.2f | %.2f | %s |",
                workload,
                server,
                seen.recordsPerSecond(),
                seen.recordsPerCpuSecond(),
                seen.requestsPerCpuSecond(),
                seen.latencyMillis(50),
                seen.latencyMillis(99),
                ratio);
    }
}
