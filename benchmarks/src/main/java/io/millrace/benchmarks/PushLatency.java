package io.millrace.benchmarks;

import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * How long a record takes from its put to every pipe on its shard, and what that costs the server. Pipes are HTTP/1.1
 * connections, a consumer and a thread of the load generator each, or streams of one HTTP/2 connection. Belongs to one
 * thread.
 */
final class PushLatency {
    private static final int DATA_BYTES = 99;
    /** Of a stream with a given number of shards. */
    private static final int MOST_CONSUMERS = 20;
    /** So many puts a second that the server's JVM has compiled what matters before anything counts. */
    private static final int WARM_UP_RATE = 100_000;
    /** More than any window: what is stalled stays so. */
    private static final int STALLING_PUTS = 10;

    private static final int STALLING_RECORDS = 500;
    private static final int STALLING_BYTES = 1000;
    /** After this time all that was put has been pushed. */
    private static final Duration SETTLING = Duration.ofSeconds(1);

    private final Platform platform;
    private final Duration warmUp;
    private final Duration measured;
    private final PrintWriter out;

    PushLatency(Platform platform, Duration warmUp, Duration measured, PrintWriter out) {
        this.platform = platform;
        this.warmUp = warmUp;
        this.measured = measured;
        this.out = out;
    }

    void header() {
        out.println("| server | pipes | puts/s | received | p50 ms | p99 ms | server CPU us/put | us/received |");
        out.println("|---|---|---|---|---|---|---|---|");
    }

    /** Puts single records at about {@code perSecond} while pipes listen. The result is the server's CPU time for a put. */
    Duration run(Benchmark.Opened opened, Load load, int perSecond) throws IOException {
        String stream = "push";
        int pipes = load.healthy + load.stalled;
        if (pipes > MOST_CONSUMERS) {
            opened.calls().createForMany(stream);
        } else {
            opened.calls().create(stream, 1);
        }
        List<byte[]> requests = opened.calls().subscriptions(stream, pipes);
        if (pipes > MOST_CONSUMERS) {
            opened.calls().keepShards(stream);
        }
        List<Listener> listeners = listeners(opened, requests, load);
        try (Platform.BlockingTasks threads = platform.newBlockingTasks("pipe", listeners.size())) {
            listeners.forEach(threads::execute);
            while (!listeners.stream().allMatch(Listener::isOpen)) {
                opened.calls().pause();
            }
            if (load.stalled > 0) {
                opened.calls().fill(stream, STALLING_PUTS, STALLING_RECORDS, STALLING_BYTES);
            }
            put(opened, stream, WARM_UP_RATE, warmUp);
            opened.calls().pause(SETTLING);
            listeners.forEach(listener -> listener.stamps().count());
            Duration cpuBefore = opened.server().cpu();
            long puts = put(opened, stream, perSecond, measured);
            opened.calls().pause(SETTLING);
            Duration cpu = opened.server().cpu().minus(cpuBefore);
            for (Listener listener : listeners) {
                listener.close();
            }
            print(opened.server().name() + ", " + load.name(), load, puts, cpu, listeners);
            return cpu.dividedBy(puts);
        }
    }

    private List<Listener> listeners(Benchmark.Opened opened, List<byte[]> requests, Load load) throws IOException {
        int port = opened.server().port();
        if (load.isMultiplexed) {
            return List.of(new Pipes(port, requests, load.healthy, platform.ticker()));
        }
        List<Listener> pipes = new ArrayList<>();
        for (byte[] request : requests) {
            pipes.add(new Pipe(port, request, platform.ticker()));
        }
        return pipes;
    }

    private long put(Benchmark.Opened opened, String stream, int perSecond, Duration duration) throws IOException {
        Ticker ticker = platform.ticker();
        long begun = ticker.nanoTime();
        long puts = 0;
        while (ticker.since(begun).compareTo(duration) < 0) {
            byte[] data =
                    ByteBuffer.allocate(DATA_BYTES).putLong(ticker.nanoTime()).array();
            opened.connection().exchange(StreamCalls.putRecord(stream, data));
            puts++;
            if (puts * 1e9 / perSecond > ticker.since(begun).toNanos()) {
                opened.calls().pause(Duration.ofNanos(1_000_000_000L / perSecond));
            }
        }
        return puts;
    }

    private void print(String server, Load load, long puts, Duration cpu, List<Listener> listeners) {
        Histogram latency = new Histogram(3);
        listeners.forEach(listener -> latency.add(listener.stamps().latency()));
        long received = latency.getTotalCount();
        out.println(String.format(
                Locale.ROOT,
                "| %s | %s | %,.0f | %,d of %,d | %.2f | %.2f | %.0f | %.0f |",
                server,
                load.healthy + (load.stalled == 0 ? "" : " + " + load.stalled + " stalled"),
                puts / (measured.toNanos() / 1e9),
                received,
                puts * load.healthy,
                latency.getValueAtPercentile(50) / 1e6,
                latency.getValueAtPercentile(99) / 1e6,
                cpu.toNanos() / 1e3 / puts,
                cpu.toNanos() / 1e3 / Math.max(1, received)));
    }

    /**
     * Who listens.
     *
     * @param isMultiplexed all on one HTTP/2 connection; else each on an HTTP/1.1 connection of its own
     * @param healthy pipes that take what comes
     * @param stalled pipes that take nothing; with HTTP/2 only
     */
    record Load(boolean isMultiplexed, int healthy, int stalled) {
        Load {
            if (stalled > 0 && !isMultiplexed) {
                throw new IllegalArgumentException("a stalled pipe needs streams with windows of their own");
            }
        }

        String name() {
            return isMultiplexed ? "HTTP/2" : "HTTP/1.1";
        }
    }
}
