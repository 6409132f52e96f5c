package io.millrace.benchmarks.multilang;

import io.millrace.benchmarks.delivery.Feed;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A backlog that is read by fan-out from its beginning to its end by one daemon after the other. Belongs to one thread. */
record CatchUpScenario(DaemonBench bench) {
    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration LIMIT = Duration.ofMinutes(10);

    /** Fewer large records than small ones: they stand in memory. */
    private static final int LARGE = 1_000;

    void run(List<Speech> speeches, List<Integer> sizes, long records) throws IOException {
        bench.out().println();
        bench.out()
                .println(
                        "| child | bytes | records/s | records a batch | CPU s a million, children | the same, daemon |");
        bench.out().println("|---|---|---|---|---|---|");
        for (int size : sizes) {
            long count = size < LARGE ? records : records / 5;
            String stream = "backlog-" + size;
            bench.stack().createStream(stream, 1);
            bench.note("putting " + count + " records of " + size + " B");
            new Feed(bench.stack(), bench.platform().ticker(), stream, size).fill(count);
            for (Speech speech : speeches) {
                bench.note("catching up: " + speech);
                bench.out().println(read(speech, stream, size, count));
            }
        }
    }

    private String read(Speech speech, String stream, int size, long count) throws IOException {
        try (DaemonUnderTest daemon = DaemonUnderTest.startSoon(bench, speech, stream)) {
            bench.await("a record of " + speech, START, () -> daemon.records() > 0);
            long first = daemon.records();
            long cpu = daemon.cpuNanos();
            long childCpu = daemon.childNanos();
            long began = bench.platform().ticker().nanoTime();
            bench.await("all records of " + speech, LIMIT, () -> daemon.records() >= count);
            double seconds = bench.platform().ticker().since(began).toNanos() / 1e9;
            double read = count - first;
            long batches = daemon.notes().stream()
                    .mapToLong(DaemonUnderTest.Note::batches)
                    .sum();
            return String.format(
                    Locale.ROOT,
                    "| %s | %d | %,.0f | %d | %.2f | %.2f |",
                    speech,
                    size,
                    read / seconds,
                    count / batches,
                    (daemon.childNanos() - childCpu) / 1e3 / read,
                    (daemon.cpuNanos() - cpu) / 1e3 / read);
        }
    }
}
