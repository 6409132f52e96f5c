package io.millrace.streamcore.stream.quota;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.runtime.Ticker;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The limits of one stream for which limits hold. Safe for any thread. */
public final class StreamQuota {
    private static final int LISTS_OF_SHARDS = 1000;
    private static final int DRY_RUNS = 1;

    private final double scale;
    private final Ticker ticker;
    private final TokenBucket lists;
    private final TokenBucket dryRuns;
    private final ConcurrentMap<ShardId, ShardQuota> shards = new ConcurrentHashMap<>();

    StreamQuota(QuotaMode mode, Ticker ticker) {
        this.scale = mode.scale();
        this.ticker = requireNonNull(ticker, "ticker");
        this.lists = new TokenBucket(scale * LISTS_OF_SHARDS, ticker);
        this.dryRuns = new TokenBucket(scale * DRY_RUNS, ticker);
    }

    /** Those of a shard. */
    public ShardQuota shard(ShardId shard) {
        ShardQuota known = shards.get(shard);
        return known != null ? known : shards.computeIfAbsent(shard, id -> new ShardQuota(scale, ticker));
    }

    /** True if a dry run may be made now, of whichever operation; it then counts. */
    public boolean takesDryRun() {
        return dryRuns.tryTake(1);
    }

    /** True if shards may be listed now; it then counts. */
    public boolean takesList() {
        return lists.tryTake(1);
    }
}
