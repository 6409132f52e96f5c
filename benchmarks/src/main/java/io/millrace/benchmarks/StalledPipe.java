package io.millrace.benchmarks;

import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;

/**
 * What a pipe whose client reads nothing does to the server's memory and to the other pipes of its shard, while much is put
 * into the shard: the same load without and with it, each on a server of its own. Belongs to one thread.
 */
final class StalledPipe {
    private static final String STREAM = "stalled";
    private static final int HEALTHY = 2;
    /** Timed records a second. */
    private static final int LIGHT = 100;
    /** A put of about a MB. */
    private static final int RECORDS = 50;

    private static final int BYTES = 20_000;
    private static final int PUTS_BETWEEN_LOOKS = 8;
    private static final String WAITING = "millrace_server_pushed_waiting_bytes ";

    private final Platform platform;
    private final Duration warmUp;
    private final PrintWriter out;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    StalledPipe(Platform platform, Duration warmUp, PrintWriter out) {
        this.platform = platform;
        this.warmUp = warmUp;
        this.out = out;
    }

    void header() {
        out.println(
                "| pipes | timed records | p50 ms | p99 ms | max ms | put, MB/s | most waiting KiB | peak memory MiB |");
        out.println("|---|---|---|---|---|---|---|---|");
    }

    /** Puts so many GB, at about {@code mbPerSecond}. */
    void run(Benchmark.Opened opened, PipeLoad.Wire wire, boolean isWithStalled, double gb, int mbPerSecond)
            throws IOException {
        PipeLoad load = new PipeLoad(wire, HEALTHY, isWithStalled ? 1 : 0);
        opened.calls().create(STREAM, 1);
        List<byte[]> requests = opened.calls().subscriptions(STREAM, HEALTHY + 1);
        TimedPuts timed = new TimedPuts(opened, STREAM, platform.ticker());
        try (OpenPipes pipes = OpenPipes.open(opened, requests, new PipeLoad(wire, HEALTHY + 1, 0), platform)) {
            pipes.count();
            var unused = timed.run(Integer.MAX_VALUE, warmUp);
            new Bulk(opened, 64, Integer.MAX_VALUE).run();
        }
        opened.calls().pause(PushLatency.TAKE_OVER);
        try (OpenPipes pipes = OpenPipes.open(opened, requests.subList(0, load.pipes()), load, platform);
                Platform.BlockingTasks threads = platform.newBlockingTasks("bulk", 1)) {
            pipes.count();
            Bulk bulk = new Bulk(opened, (int) (gb * 1000), mbPerSecond);
            threads.execute(bulk);
            long puts = timed.runWhile(LIGHT, () -> bulk.end.get() == null);
            opened.calls().pause(PushLatency.SETTLING);
            print(opened, load, puts, bulk, pipes.counted());
        }
    }

    private void print(Benchmark.Opened opened, PipeLoad load, long puts, Bulk bulk, Histogram latency)
            throws IOException {
        out.println(String.format(
                Locale.ROOT,
                "| %s, %s | %,d of %,d | %.2f | %.2f | %.2f | %s | %,d | %,d |",
                load.wire().shown(),
                load.counts(),
                latency.getTotalCount(),
                puts * load.healthy(),
                latency.getValueAtPercentile(50) / 1e6,
                latency.getValueAtPercentile(99) / 1e6,
                latency.getMaxValue() / 1e6,
                bulk.end.get(),
                bulk.mostWaiting >> 10,
                opened.server().peakMemoryMib()));
    }

    /** Puts much, on a connection of its own, and looks now and then at what waits for clients. Its thread's. */
    private final class Bulk implements Runnable {
        private final Benchmark.Opened opened;
        private final int megabytes;
        private final int perSecond;
        /** How fast it was, once it is over. */
        private final AtomicReference<String> end = new AtomicReference<>();

        private volatile long mostWaiting;

        Bulk(Benchmark.Opened opened, int megabytes, int perSecond) {
            this.opened = opened;
            this.megabytes = megabytes;
            this.perSecond = perSecond;
        }

        @Override
        public void run() {
            Ticker ticker = platform.ticker();
            ByteBuffer put = StreamCalls.unstamped(STREAM, RECORDS, BYTES, new SplittableRandom(7));
            try (Connection connection = new Connection(opened.server().port())) {
                long begun = ticker.nanoTime();
                for (int done = 1; done <= megabytes; done++) {
                    connection.exchange(put);
                    if (done % PUTS_BETWEEN_LOOKS == 0) {
                        mostWaiting = Math.max(mostWaiting, waiting());
                    }
                    long early = (long) (done * 1e9 / perSecond)
                            - ticker.since(begun).toNanos();
                    if (early > 0) {
                        opened.calls().pause(Duration.ofNanos(early));
                    }
                }
                double seconds = ticker.since(begun).toNanos() / 1e9;
                end.set(String.format(Locale.ROOT, "%.0f", megabytes / seconds));
            } catch (IOException e) {
                end.set(e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                end.set(e.toString());
            }
        }

        private long waiting() throws IOException, InterruptedException {
            HttpRequest page = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + opened.server().port() + "/metrics"))
                    .build();
            return client.send(page, HttpResponse.BodyHandlers.ofLines())
                    .body()
                    .filter(line -> line.startsWith(WAITING))
                    .mapToLong(line -> (long) Double.parseDouble(line.substring(WAITING.length())))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no " + WAITING + "in /metrics"));
        }
    }
}
