package io.millrace.benchmarks.delivery;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A worker on shards to which nothing is put: CPU, memory and threads. Belongs to one thread. */
final class IdleScenario {
    private static final Duration START = Duration.ofMinutes(10);

    private final DeliveryBench bench;
    private final Duration warmUp;
    private final Duration window;

    IdleScenario(DeliveryBench bench, Duration warmUp, Duration window) {
        this.bench = bench;
        this.warmUp = warmUp;
        this.window = window;
    }

    void run(List<Reader> readers, List<Integer> shardCounts) throws IOException, InterruptedException {
        bench.out().println();
        bench.out()
                .println("Idle, for " + window.toSeconds() + " s after " + warmUp.toSeconds()
                        + " s with all shards begun");
        bench.out().println();
        bench.out().println("| shards | reader | CPU s a minute | MiB | threads | all shards begun after s |");
        bench.out().println("|---|---|---|---|---|---|");
        for (int shards : shardCounts) {
            String stream = "idle-" + shards;
            bench.stack().createStream(stream, shards);
            for (Reader reader : readers) {
                bench.note("idle on " + shards + " shards: " + reader.title());
                bench.out().println(watch(reader, stream, shards));
            }
        }
    }

    private String watch(Reader reader, String stream, int shards) throws IOException, InterruptedException {
        long begun = bench.platform().ticker().nanoTime();
        try (ReaderProcess process = ReaderProcess.start(bench, reader, stream)) {
            process.awaitShards(shards, START);
            double start = bench.platform().ticker().since(begun).toNanos() / 1e9;
            DeliveryBench.rest(warmUp);
            long cpu = process.cpuMillis();
            long windowBegun = bench.platform().ticker().nanoTime();
            DeliveryBench.rest(window);
            double used = process.cpuMillis() - cpu;
            double seconds = bench.platform().ticker().since(windowBegun).toNanos() / 1e9;
            return String.format(
                    Locale.ROOT,
                    "| %d | %s | %.1f | %d | %d | %.1f |",
                    shards,
                    reader.title(),
                    used / seconds * 60 / 1e3,
                    process.residentMib(),
                    process.threads(),
                    start);
        }
    }
}
