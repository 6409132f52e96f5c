package io.millrace.benchmarks.multilang;

import io.millrace.benchmarks.delivery.Feed;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * From the kill of a child to the first batch of the next one, with 500 records a second. Amazon's daemon ends with its child, and is
 * started again at once, as the best of supervisors would. Belongs to one thread.
 */
record RestartScenario(DaemonBench bench) {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration REST = Duration.ofSeconds(3);
    private static final int RATE = 500;
    private static final int SIZE = 100;

    /** Each takes half a minute. */
    private static final int MOST_OF_AMAZONS = 3;

    void run(List<Speech> speeches, int kills) throws IOException {
        String stream = "kills";
        bench.stack().createStream(stream, 1);
        bench.out().println();
        bench.out().println("| child | kills | ms to the next batch, median | longest | the daemon |");
        bench.out().println("|---|---|---|---|---|");
        Feed feed = new Feed(bench.stack(), bench.platform().ticker(), stream, SIZE);
        try (Feed.Steady steady = feed.steady(bench.platform(), RATE)) {
            for (Speech speech : speeches) {
                bench.note("kills: " + speech);
                bench.out().println(row(speech, stream, speech.isAmazons() ? Math.min(kills, MOST_OF_AMAZONS) : kills));
            }
            if (steady.failed() > 0) {
                throw new IOException(steady.failed() + " records were refused");
            }
        }
    }

    private String row(Speech speech, String stream, int kills) throws IOException {
        List<Long> millis = new ArrayList<>();
        int ends = 0;
        DaemonUnderTest daemon = DaemonUnderTest.start(bench, speech, stream);
        try {
            Set<Long> seen = new HashSet<>();
            DaemonUnderTest.Note living = next(daemon, seen);
            for (int i = 0; i < kills; i++) {
                bench.rest(REST);
                seen.add(living.pid());
                long killed = nanos(bench.platform().clock().instant());
                boolean unused = ProcessHandle.of(living.pid()).orElseThrow().destroyForcibly();
                while (daemon.notes().stream().noneMatch(note -> !seen.contains(note.pid()))) {
                    if (!daemon.isAlive()) {
                        ends++;
                        daemon = DaemonUnderTest.start(bench, speech, stream);
                    }
                    bench.rest(Duration.ofMillis(20));
                }
                living = next(daemon, seen);
                millis.add((living.first() - killed) / 1_000_000);
            }
        } finally {
            daemon.close();
        }
        Collections.sort(millis);
        return String.format(
                Locale.ROOT,
                "| %s | %d | %,d | %,d | %s |",
                speech,
                kills,
                millis.get(millis.size() / 2),
                millis.get(millis.size() - 1),
                ends == 0 ? "lives on" : "ended " + ends + " times");
    }

    /** The notes of a child that was not seen yet. */
    private DaemonUnderTest.Note next(DaemonUnderTest daemon, Set<Long> seen) throws IOException {
        List<DaemonUnderTest.Note> found = new ArrayList<>();
        bench.await("a child", LIMIT, () -> {
            daemon.notes().stream().filter(note -> !seen.contains(note.pid())).forEach(found::add);
            return !found.isEmpty();
        });
        return found.get(0);
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000 + time.getNano();
    }
}
