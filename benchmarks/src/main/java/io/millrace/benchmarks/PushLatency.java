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
 * connections, a consumer and a thread of the load generator each. Belongs to one thread.
 */
final class PushLatency {
    private static final int DATA_BYTES = 99;
    /** So many puts a second that the server's JVM has compiled what matters before anything counts. */
    private static final int WARM_UP_RATE = 100_000;

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

    /** Puts single records at about {@code perSecond} while {@code count} pipes listen. */
    void run(Benchmark.Opened opened, int count, int perSecond) throws IOException {
        String stream = "push-" + count;
        opened.calls().create(stream, 1);
        List<ByteBuffer> requests = opened.calls().subscriptions(stream, count);
        List<Pipe> pipes = new ArrayList<>();
        try (Platform.BlockingTasks threads = platform.newBlockingTasks("pipe", count)) {
            for (ByteBuffer request : requests) {
                Pipe pipe = new Pipe(opened.server().port(), request, platform.ticker());
                pipes.add(pipe);
                threads.execute(pipe::run);
            }
            while (!pipes.stream().allMatch(Pipe::isOpen)) {
                opened.calls().pause();
            }
            put(opened, stream, WARM_UP_RATE, warmUp);
            opened.calls().pause();
            pipes.forEach(Pipe::count);
            Duration cpuBefore = opened.server().cpu();
            long puts = put(opened, stream, perSecond, measured);
            opened.calls().pause();
            Duration cpu = opened.server().cpu().minus(cpuBefore);
            long received = received(pipes);
            for (Pipe pipe : pipes) {
                pipe.close();
            }
            print(opened.server().name(), count, puts, received, cpu, pipes);
        }
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

    private static long received(List<Pipe> pipes) {
        return pipes.stream().mapToLong(Pipe::records).sum();
    }

    private void print(String server, int count, long puts, long received, Duration cpu, List<Pipe> pipes) {
        Histogram latency = new Histogram(3);
        pipes.forEach(pipe -> latency.add(pipe.latency()));
        out.println(String.format(
                Locale.ROOT,
                "| %s | %d | %,.0f | %,d of %,d | %.2f | %.2f | %.0f | %.0f |",
                server,
                count,
                puts / (measured.toNanos() / 1e9),
                received,
                puts * count,
                latency.getValueAtPercentile(50) / 1e6,
                latency.getValueAtPercentile(99) / 1e6,
                cpu.toNanos() / 1e3 / puts,
                cpu.toNanos() / 1e3 / Math.max(1, received)));
    }
}
