package io.millrace.benchmarks;

import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What a pipe that reads much of one stream's past does to the pipes of another stream: their latency alone and beside it,
 * in turn. Belongs to one thread.
 */
final class CatchUp {
    private static final String PAST = "past";
    private static final String LIGHT = "light";
    private static final int PIPES = 2;
    private static final int LIGHT_RATE = 100;
    private static final int RECORDS = 7;
    private static final int RECORD_BYTES = 1_000_000;

    private final Platform platform;
    private final Duration warmUp;
    private final Duration alone;
    private final boolean showsThreads;
    private final PrintWriter out;

    /** Measurements of this length; {@code showsThreads} tells which of the server's threads used its CPU time. */
    CatchUp(Platform platform, Duration warmUp, Duration alone, boolean showsThreads, PrintWriter out) {
        this.platform = platform;
        this.warmUp = warmUp;
        this.alone = alone;
        this.showsThreads = showsThreads;
        this.out = out;
    }

    void header() {
        out.println("| pipes of the light stream | timed records | p50 ms | p99 ms | max ms | read beside, MB/s |");
        out.println("|---|---|---|---|---|---|");
    }

    /** Stores so many GB and measures so many times. */
    void run(Benchmark.Opened opened, double gb, int rounds) throws IOException {
        opened.calls().create(LIGHT, 1);
        opened.calls().create(PAST, 1);
        List<byte[]> light = opened.calls().subscriptions(LIGHT, PIPES);
        List<byte[]> past = opened.calls().subscriptions(PAST, rounds + 1, "TRIM_HORIZON");
        int requests = (int) (gb * 1e9 / RECORDS / RECORD_BYTES);
        opened.calls().fill(PAST, requests, RECORDS, RECORD_BYTES);
        // As base64.
        long stored = (long) requests * RECORDS * RECORD_BYTES / 3 * 4;
        try (OpenPipes pipes = OpenPipes.open(opened, light, new PipeLoad(PipeLoad.Wire.HTTP_1, PIPES, 0), platform)) {
            TimedPuts timed = new TimedPuts(opened, LIGHT, platform.ticker());
            pipes.count();
            var unused = timed.run(Integer.MAX_VALUE, warmUp);
            readBeside(opened, timed, past.get(rounds), stored);
            for (int round = 0; round < rounds; round++) {
                opened.calls().pause(PushLatency.SETTLING);
                pipes.count();
                print("alone", timed.run(LIGHT_RATE, alone), "", pipes);
                pipes.count();
                Read read = readBeside(opened, timed, past.get(round), stored);
                opened.calls().pause(PushLatency.SETTLING);
                print("beside", read.puts, String.format(Locale.ROOT, "%.0f", read.mbPerSecond), pipes);
            }
        }
    }

    private Read readBeside(Benchmark.Opened opened, TimedPuts timed, byte[] request, long stored) throws IOException {
        Ticker ticker = platform.ticker();
        long begun = ticker.nanoTime();
        CpuTimes before = opened.server().threads();
        try (Platform.BlockingTasks threads = platform.newBlockingTasks("catch-up", 1);
                Pipe pipe = new Pipe(opened.server().port(), request, true, new Stamps(ticker))) {
            threads.execute(pipe);
            long puts = timed.runWhile(LIGHT_RATE, () -> pipe.received() < stored);
            if (showsThreads) {
                out.println("# by thread, us/MB read: "
                        + opened.server().threads().perOperation(before, stored / 4 * 3 / 1_000_000));
            }
            return new Read(puts, stored / 4.0 * 3 / 1e6 / (ticker.since(begun).toNanos() / 1e9));
        }
    }

    private void print(String what, long puts, String mbPerSecond, OpenPipes pipes) {
        Histogram latency = pipes.counted();
        out.println(String.format(
                Locale.ROOT,
                "| %d, %s | %,d of %,d | %.2f | %.2f | %.2f | %s |",
                PIPES,
                what,
                latency.getTotalCount(),
                puts * PIPES,
                latency.getValueAtPercentile(50) / 1e6,
                latency.getValueAtPercentile(99) / 1e6,
                latency.getMaxValue() / 1e6,
                mbPerSecond));
    }

    /** How many timed records were put meanwhile, and how fast the past was read. */
    private record Read(long puts, double mbPerSecond) {}
}
