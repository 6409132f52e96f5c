package io.millrace.benchmarks;

import io.millrace.runtime.Platform;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * How long a record takes from its put to every pipe on its shard, and what that costs the server. Each pipe is a
 * consumer's; see {@link PipeLoad.Wire} for what carries and reads it. All loads of a run are measured in turn on the
 * same server, there and back, so that they find its JVM and the machine in the same state. Belongs to one thread.
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

    private static final int ROUNDS = 2;

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
        try (OpenPipes pipes = OpenPipes.open(opened, requests, new PipeLoad(first.wire(), most, 0), platform)) {
            pipes.count();
            new TimedPuts(opened, STREAM, platform.ticker()).run(WARM_UP_RATE, warmUp);
        }
        List<PushCost> costs = new ArrayList<>();
        for (PipeLoad load : loads) {
            rates.forEach(rate -> costs.add(new PushCost(load, rate)));
        }
        List<PipeLoad> order = new ArrayList<>(loads);
        for (int round = 0; round < ROUNDS; round++) {
            for (PipeLoad load : order) {
                opened.calls().pause(TAKE_OVER);
                try (OpenPipes pipes = OpenPipes.open(opened, requests.subList(0, load.pipes()), load, platform)) {
                    if (load.stalled() > 0) {
                        opened.calls().fill(STREAM, STALLING_PUTS, STALLING_RECORDS, STALLING_BYTES);
                    }
                    for (PushCost cost : costs) {
                        if (cost.load().equals(load)) {
                            measure(opened, pipes, cost);
                        }
                    }
                }
            }
            // There and back: what the machine and the JVM do as time goes by falls on all loads alike.
            Collections.reverse(order);
        }
        print(opened.server().name(), costs);
        rates.forEach(rate -> ratio(costs.stream()
                .filter(cost -> cost.perSecond() == rate && cost.load().stalled() == 0)
                .toList()));
    }

    private void measure(Benchmark.Opened opened, OpenPipes pipes, PushCost cost) throws IOException {
        opened.calls().pause(SETTLING);
        pipes.count();
        CpuTimes before = opened.server().threads();
        long puts = new TimedPuts(opened, STREAM, platform.ticker()).run(cost.perSecond(), measured.dividedBy(ROUNDS));
        opened.calls().pause(SETTLING);
        cost.add(puts, before, opened.server().threads(), pipes.counted());
    }

    private void print(String server, List<PushCost> costs) {
        for (PushCost cost : costs) {
            out.println(cost.line(server, measured));
            if (showsThreads) {
                out.println("# by thread, us/put: " + cost.byThread());
            }
        }
    }

    private void ratio(List<PushCost> costs) {
        if (costs.size() > 1) {
            PushCost first = costs.get(0);
            PushCost last = costs.get(costs.size() - 1);
            out.println(String.format(
                    Locale.ROOT,
                    "# %s, %,d puts/s: a put to %d pipes costs the server %.2f times one to %d",
                    first.load().wire().shown(),
                    first.perSecond(),
                    last.load().healthy(),
                    last.microsPerPut() / first.microsPerPut(),
                    first.load().healthy()));
        }
    }
}
