package io.millrace.benchmarks;

import io.millrace.runtime.Platform;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * How long a record takes from its put to every pipe on its shard, and what that costs the server. Pipes are HTTP/1.1
 * connections, a consumer and a thread of the load generator each, or streams of one HTTP/2 connection. All loads of a run
 * are measured one after the other on the same server, so that they find its JVM in the same state. Belongs to one thread.
 */
final class PushLatency {
    private static final String STREAM = "push";
    /** Of a stream with a given number of shards. */
    private static final int MOST_CONSUMERS = 20;
    /** So many puts a second that the server's JVM has compiled what matters before anything counts. */
    private static final int WARM_UP_RATE = 100_000;
    /** More than any window: what is stalled stays so. */
    private static final int STALLING_PUTS = 10;

    private static final int STALLING_RECORDS = 500;
    private static final int STALLING_BYTES = 1000;
    /** After this time all that was put has been pushed. */
    static final Duration SETTLING = Duration.ofSeconds(1);
    /** For so long a consumer may not subscribe to a shard again. */
    static final Duration TAKE_OVER = Duration.ofMillis(5500);

    private final Platform platform;
    private final Duration warmUp;
    private final Duration measured;
    private final PrintWriter out;
    private final boolean showsThreads;

    /** Measurements of this length; {@code showsThreads} tells which of the server's threads used the time. */
    PushLatency(Platform platform, Duration warmUp, Duration measured, boolean showsThreads, PrintWriter out) {
        this.platform = platform;
        this.warmUp = warmUp;
        this.measured = measured;
        this.showsThreads = showsThreads;
        this.out = out;
    }

    void header() {
        out.println(
                "| server | pipes | puts/s | received | p50 ms | p99 ms | server CPU us/put | compilers left out | the same us/received |");
        out.println("|---|---|---|---|---|---|---|---|---|");
    }

    /** Puts single records while pipes listen: each of {@code loads} at each rate, in puts a second. */
    void run(Benchmark.Opened opened, List<PipeLoad> loads, List<Integer> rates) throws IOException {
        int most = loads.stream().mapToInt(PipeLoad::pipes).max().orElse(0);
        if (most > MOST_CONSUMERS) {
            opened.calls().createForMany(STREAM);
        } else {
            opened.calls().create(STREAM, 1);
        }
        List<byte[]> requests = opened.calls().subscriptions(STREAM, most);
        if (most > MOST_CONSUMERS) {
            opened.calls().keepShards(STREAM);
        }
        PipeLoad first = loads.get(0);
        try (OpenPipes pipes =
                OpenPipes.open(opened, requests, new PipeLoad(first.isMultiplexed(), most, 0), platform)) {
            pipes.count();
            new TimedPuts(opened, STREAM, platform.ticker()).run(WARM_UP_RATE, warmUp);
        }
        List<Cost> costs = new ArrayList<>();
        for (PipeLoad load : loads) {
            opened.calls().pause(TAKE_OVER);
            try (OpenPipes pipes = OpenPipes.open(opened, requests.subList(0, load.pipes()), load, platform)) {
                if (load.stalled() > 0) {
                    opened.calls().fill(STREAM, STALLING_PUTS, STALLING_RECORDS, STALLING_BYTES);
                }
                for (int rate : rates) {
                    costs.add(new Cost(load, rate, measure(opened, load, pipes, rate)));
                }
            }
        }
        rates.forEach(rate -> ratio(
                costs.stream()
                        .filter(cost -> cost.rate == rate && cost.load.stalled() == 0)
                        .toList(),
                rate));
    }

    /** The server's CPU time for a put, without what its JVM compiled meanwhile. */
    private Duration measure(Benchmark.Opened opened, PipeLoad load, OpenPipes pipes, int perSecond)
            throws IOException {
        opened.calls().pause(SETTLING);
        pipes.count();
        CpuTimes before = opened.server().threads();
        long puts = new TimedPuts(opened, STREAM, platform.ticker()).run(perSecond, measured);
        opened.calls().pause(SETTLING);
        CpuTimes after = opened.server().threads();
        Duration all = after.since(before);
        Duration cpu = all.minus(after.ofCompilersSince(before));
        print(opened.server().name() + ", " + load.wire(), load, puts, all, cpu, pipes.counted());
        if (showsThreads) {
            out.println("# by thread, us/put: " + after.perOperation(before, puts));
        }
        return cpu.dividedBy(puts);
    }

    private void print(String server, PipeLoad load, long puts, Duration all, Duration cpu, Histogram latency) {
        long received = latency.getTotalCount();
        out.println(String.format(
                Locale.ROOT,
                "| %s | %s | %,.0f | %,d of %,d | %.2f | %.2f | %.1f | %.1f | %.1f |",
                server,
                load.counts(),
                puts / (measured.toNanos() / 1e9),
                received,
                puts * load.healthy(),
                latency.getValueAtPercentile(50) / 1e6,
                latency.getValueAtPercentile(99) / 1e6,
                all.toNanos() / 1e3 / puts,
                cpu.toNanos() / 1e3 / puts,
                cpu.toNanos() / 1e3 / Math.max(1, received)));
    }

    private void ratio(List<Cost> costs, int rate) {
        if (costs.size() > 1) {
            Cost first = costs.get(0);
            Cost last = costs.get(costs.size() - 1);
            out.println(String.format(
                    Locale.ROOT,
                    "# %s, %,d puts/s: a put to %d pipes costs the server %.2f times one to %d",
                    first.load.wire(),
                    rate,
                    last.load.healthy(),
                    (double) last.perPut.toNanos() / first.perPut.toNanos(),
                    first.load.healthy()));
        }
    }

    /** What a put at this rate costs the server, in CPU time without that of compilers. */
    private record Cost(PipeLoad load, int rate, Duration perPut) {}
}
