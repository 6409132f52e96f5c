package io.millrace.benchmarks;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What was seen of one load at one rate, over all rounds. Belongs to one thread. */
final class PushCost {
    private final PipeLoad load;
    private final int perSecond;
    private final Histogram latency = new Histogram(3);
    private final Map<String, Long> nanosByThread = new TreeMap<>();
    private long puts;
    private long compilers;

    /** Nothing yet of so many puts a second to these pipes. */
    PushCost(PipeLoad load, int perSecond) {
        this.load = requireNonNull(load, "load");
        this.perSecond = perSecond;
    }

    PipeLoad load() {
        return load;
    }

    int perSecond() {
        return perSecond;
    }

    /** Adds a round of so many puts: the server's CPU time and what the pipes received. */
    void add(long more, CpuTimes before, CpuTimes after, Histogram received) {
        puts += more;
        after.byName(before).forEach((name, nanos) -> nanosByThread.merge(name, nanos, Long::sum));
        compilers += after.ofCompilersSince(before).toNanos();
        latency.add(received);
    }

    /** The server's CPU time for a put, without what its JVM compiled meanwhile. */
    double microsPerPut() {
        return (nanos() - compilers) / 1e3 / puts;
    }

    /** A row of the table. */
    String line(String server, Duration measured) {
        long received = latency.getTotalCount();
        return String.format(
                Locale.ROOT,
                "| %s, %s | %s | %,.0f | %,d of %,d | %.2f | %.2f | %.1f | %.1f | %.1f |",
                server,
                load.wire().shown(),
                load.counts(),
                puts / (measured.toNanos() / 1e9),
                received,
                puts * load.healthy(),
                latency.getValueAtPercentile(50) / 1e6,
                latency.getValueAtPercentile(99) / 1e6,
                nanos() / 1e3 / puts,
                microsPerPut(),
                microsPerPut() * puts / Math.max(1, received));
    }

    /** Microseconds a put by kind of thread, the most first. */
    String byThread() {
        return CpuTimes.perOperation(nanosByThread, puts);
    }

    private long nanos() {
        return nanosByThread.values().stream().mapToLong(Long::longValue).sum();
    }
}
