package io.millrace.streamcore.metrics;

import static io.millrace.streamcore.metrics.ServerMetrics.PREFIX;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.streamcore.log.LogProbe;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The meters of the storage. Safe for any thread. */
final class StorageMeters implements LogProbe {
    private final Timer appends;
    private final DistributionSummary groups;
    private final Timer syncs;
    private final Counter cached;
    private final Counter fromDisk;
    private final Map<String, String> failed = new ConcurrentHashMap<>();

    StorageMeters(MeterRegistry registry) {
        this.appends = Latencies.timer(PREFIX + "append", "A group of appends, written and made durable")
                .register(registry);
        this.groups = DistributionSummary.builder(PREFIX + "append.group")
                .description("Appends that one group made durable together")
                .register(registry);
        this.syncs = Latencies.timer(PREFIX + "fsync", "One fsync of a file").register(registry);
        this.cached = reads(registry, "hit");
        this.fromDisk = reads(registry, "miss");
        Gauge.builder(PREFIX + "logs.failed", failed, Map::size)
                .description("Logs that take no more writes")
                .register(registry);
    }

    SortedMap<String, String> failed() {
        return new TreeMap<>(failed);
    }

    @Override
    public void appended(int appends, long nanos) {
        this.appends.record(nanos, TimeUnit.NANOSECONDS);
        groups.record(appends);
    }

    @Override
    public void synced(long nanos) {
        syncs.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void readCached() {
        cached.increment();
    }

    @Override
    public void readFromDisk() {
        fromDisk.increment();
    }

    @Override
    public void failed(String name, String reason) {
        failed.put(name, reason);
    }

    @Override
    public void recovered(String name) {
        failed.remove(name);
    }

    private static Counter reads(MeterRegistry registry, String result) {
        return Counter.builder(PREFIX + "cache.reads")
                .description("Reads of logs, by whether the newest batches in memory had what was asked for")
                .tag("result", result)
                .register(registry);
    }
}
