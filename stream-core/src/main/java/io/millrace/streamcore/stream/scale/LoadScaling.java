package io.millrace.streamcore.stream.scale;

import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Decides which shards of an on-demand stream are split because of their load. The service promises such a stream twice
 * the highest load it has seen, so a shard is split when more than half of what a shard can take was put into it.
 *
 * <p>Splitting does not help against one partition key that is hot: a shard narrower than one part in
 * {@value #FINEST_PARTS} of all hash keys is left alone, so a hot key costs a few shards and not all of them.
 */
public final class LoadScaling {
    /** How many shards an on-demand stream starts with. */
    public static final int FIRST_SHARDS = 4;
    /** The most shards that load alone gives a stream: the service's 200 MB/s. */
    public static final int MOST_SHARDS = 200;

    private static final long BYTES_PER_SECOND = 1 << 20;
    private static final long RECORDS_PER_SECOND = 1000;
    private static final double HOT = 0.5;
    private static final int FINEST_PARTS = 4096;
    private static final BigInteger NARROWEST = BigInteger.ONE
            .shiftLeft(128)
            .divide(BigInteger.valueOf(FINEST_PARTS))
            .shiftLeft(1);

    private LoadScaling() {}

    /**
     * The places of the shards to split at their middle, the hottest first.
     *
     * @param open the open shards with what was put into them
     * @param during how long that took
     * @param room how many more shards there may be
     */
    public static List<Integer> toSplit(List<MeasuredShard> open, Duration during, int room) {
        int most = Math.min(room, MOST_SHARDS - open.size());
        if (most <= 0 || during.isZero() || during.isNegative()) {
            return List.of();
        }
        List<Integer> hot = new ArrayList<>();
        for (int at = 0; at < open.size(); at++) {
            if (heat(open.get(at).load(), during) > HOT && isWide(open.get(at).range())) {
                hot.add(at);
            }
        }
        hot.sort(Comparator.comparingDouble((Integer at) -> -heat(open.get(at).load(), during)));
        return List.copyOf(hot.subList(0, Math.min(most, hot.size())));
    }

    /** How much of what a shard can take was used, by the scarcer of its two limits. */
    static double heat(ShardLoad load, Duration during) {
        double seconds = during.toNanos() / 1e9;
        return Math.max(load.bytes() / seconds / BYTES_PER_SECOND, load.records() / seconds / RECORDS_PER_SECOND);
    }

    private static boolean isWide(HashKeyRange range) {
        return range.end().toBigInteger().subtract(range.start().toBigInteger()).compareTo(NARROWEST) >= 0;
    }

    /**
     * An open shard with its load.
     *
     * @param range its hash keys
     * @param load what was put into it
     */
    public record MeasuredShard(HashKeyRange range, ShardLoad load) {}
}
