package io.millrace.benchmarks.delivery;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A light load that a worker keeps up with: latency from put to process, and CPU. Belongs to one thread. */
final class TipScenario {
    private static final Duration START = Duration.ofMinutes(5);

    private final DeliveryBench bench;
    private final Duration warmUp;
    private final Duration window;

    TipScenario(DeliveryBench bench, Duration warmUp, Duration window) {
        this.bench = bench;
        this.warmUp = warmUp;
        this.window = window;
    }

    void run(List<Reader> readers, int shards, int rate) throws IOException, InterruptedException {
        bench.out().println();
        bench.out()
                .println(rate + " records a second on " + shards + " shards, for " + window.toSeconds() + " s after "
                        + warmUp.toSeconds() + " s of warm-up");
        bench.out().println();
        bench.out().println("| reader | p50 ms | p99 ms | CPU ms a second | records |");
        bench.out().println("|---|---|---|---|---|");
        for (Reader reader : readers) {
            bench.note("at the tip: " + reader.title());
            String stream = "tip-" + reader.name().toLowerCase(Locale.ROOT);
            bench.stack().createStream(stream, shards);
            bench.out().println(read(reader, stream, rate));
        }
    }

    private String read(Reader reader, String stream, int rate) throws IOException, InterruptedException {
        Feed feed = new Feed(bench.stack(), bench.platform().ticker(), stream);
        try (ReaderProcess process = ReaderProcess.start(bench, reader, stream);
                Feed.Steady steady = feed.steady(bench.platform(), rate)) {
            process.awaitRecords(1, START);
            DeliveryBench.rest(warmUp);
            process.measure();
            long cpu = process.cpuMillis();
            long begun = bench.platform().ticker().nanoTime();
            DeliveryBench.rest(window);
            ReaderProcess.Latency latency = process.latency();
            double used = process.cpuMillis() - cpu;
            double seconds = bench.platform().ticker().since(begun).toNanos() / 1e9;
            if (steady.failed() > 0) {
                throw new IOException(steady.failed() + " records were refused");
            }
            return String.format(
                    Locale.ROOT,
                    "| %s | %.1f | %.1f | %.0f | %d |",
                    reader.title(),
                    latency.p50(),
                    latency.p99(),
                    used / seconds,
                    latency.records());
        }
    }
}
