package io.millrace.benchmarks;

import io.millrace.benchmarks.Benchmark.Opened;
import io.millrace.runtime.TemporaryFolder;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** How long the server takes to open what it keeps: from its process's start to a healthy answer. One thread's. */
final class StartTime {
    private static final int MIB = 1 << 20;
    private static final int RECORDS_OF_A_MIB = 7;
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final Opening opening;
    private final Ticker ticker;
    private final PrintWriter out;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    StartTime(Opening opening, Ticker ticker, PrintWriter out) {
        this.opening = opening;
        this.ticker = ticker;
        this.out = out;
    }

    void run(List<Integer> shardCounts, List<Integer> storedGb) throws IOException, InterruptedException {
        out.println("| shards | stored | stopped by | seconds to health |");
        out.println("|---|---|---|---|");
        for (int shards : shardCounts) {
            for (int gb : storedGb) {
                try (TemporaryFolder data = TemporaryFolder.create("millrace-start")) {
                    measure(data.path(), shards, gb);
                }
            }
        }
    }

    private void measure(Path data, int shards, int gb) throws IOException, InterruptedException {
        try (Opened opened = opening.open(data)) {
            opened.calls().create("many", shards);
            opened.calls().fill("many", gb * 1024 / RECORDS_OF_A_MIB, RECORDS_OF_A_MIB, MIB - 64);
        }
        line(shards, gb, "SIGTERM", start(data, true));
        line(shards, gb, "SIGTERM", start(data, false));
        line(shards, gb, "SIGKILL", start(data, false));
    }

    /** Starts the server, measures, and ends it again. */
    private Duration start(Path data, boolean inGoodOrder) throws IOException, InterruptedException {
        long begun = ticker.nanoTime();
        try (Opened opened = opening.open(data)) {
            HttpRequest health = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + opened.server().port() + "/health"))
                    .build();
            while (client.send(health, HttpResponse.BodyHandlers.discarding()).statusCode() != 200) {
                if (ticker.since(begun).compareTo(LONGEST) > 0) {
                    throw new IOException("the server does not become healthy");
                }
            }
            Duration taken = ticker.since(begun);
            if (!inGoodOrder) {
                opened.server().kill();
            }
            return taken;
        }
    }

    private void line(int shards, int gb, String stoppedBy, Duration taken) {
        out.println(String.format(
                Locale.ROOT, "| %,d | %d GB | %s | %.1f |", shards, gb, stoppedBy, taken.toMillis() / 1000.0));
    }

    /** Starts a server of ours on a folder. */
    @FunctionalInterface
    interface Opening {
        Opened open(Path data) throws IOException, InterruptedException;
    }
}
