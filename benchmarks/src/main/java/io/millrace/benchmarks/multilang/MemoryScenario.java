package io.millrace.benchmarks.multilang;

import io.millrace.benchmarks.delivery.Feed;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The memory of a daemon and its children once each shard has had records. Belongs to one thread. */
record MemoryScenario(DaemonBench bench) {
    private static final Duration START = Duration.ofMinutes(6);
    private static final Duration SETTLE = Duration.ofSeconds(3);
    private static final int SIZE = 1_024;
    private static final int RECORDS_A_SHARD = 200;

    void run(List<Speech> speeches, List<Integer> shards) throws IOException {
        bench.out().println();
        bench.out().println("| child | shards | processes | MB, daemon | MB, children | MB in all |");
        bench.out().println("|---|---|---|---|---|---|");
        for (int count : shards) {
            String stream = "memory-" + count;
            bench.stack().createStream(stream, count);
            new Feed(bench.stack(), bench.platform().ticker(), stream, SIZE).fill((long) count * RECORDS_A_SHARD);
            for (Speech speech : speeches) {
                bench.note("memory, " + count + " shards: " + speech);
                bench.out().println(row(speech, stream, count));
            }
        }
    }

    private String row(Speech speech, String stream, int count) throws IOException {
        try (DaemonUnderTest daemon = DaemonUnderTest.startSoon(bench, speech, stream)) {
            bench.await("all shards of " + speech, START, () -> daemon.records() >= (long) count * RECORDS_A_SHARD);
            bench.rest(SETTLE);
            double own = daemon.memory() / 1_024.0;
            double below = daemon.childMemory() / 1_024.0;
            return String.format(
                    Locale.ROOT,
                    "| %s | %d | %d | %.0f | %.0f | %.0f |",
                    speech,
                    count,
                    1 + daemon.children().size(),
                    own,
                    below,
                    own + below);
        }
    }
}
