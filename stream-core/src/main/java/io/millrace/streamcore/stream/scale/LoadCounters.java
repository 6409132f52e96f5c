package io.millrace.streamcore.stream.scale;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what is put into each shard of a stream. Safe for any thread. */
public final class LoadCounters {
    private final ConcurrentHashMap<Integer, Counter> counters = new ConcurrentHashMap<>();

    /** Counts a batch. */
    public void add(int shard, int records, long bytes) {
        Counter counter = counters.computeIfAbsent(shard, first -> new Counter());
        counter.records.add(records);
        counter.bytes.add(bytes);
    }

    /** What came since this was last asked, by the number of the shard; shards without load are left out. */
    public Map<Integer, ShardLoad> take() {
        Map<Integer, ShardLoad> taken = new HashMap<>();
        counters.forEach((shard, counter) -> {
            ShardLoad load = new ShardLoad(counter.records.sumThenReset(), counter.bytes.sumThenReset());
            if (load.records() > 0) {
                taken.put(shard, load);
            }
        });
        return taken;
    }

    private static final class Counter {
        private final LongAdder records = new LongAdder();
        private final LongAdder bytes = new LongAdder();
    }
}
