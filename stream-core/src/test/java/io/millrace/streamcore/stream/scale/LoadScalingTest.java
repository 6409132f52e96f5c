package io.millrace.streamcore.stream.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.streamcore.stream.scale.LoadScaling.MeasuredShard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadScalingTest {
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final int MIB = 1 << 20;

    /** One shard takes 1 MiB/s and 1000 records/s; over half of either is too much. */
    @ParameterizedTest
    @CsvSource({"5000, 0, false", "5001, 0, true", "1, 5242880, false", "1, 5242881, true", "0, 0, false"})
    void aShardIsSplitOverHalfOfEitherLimit(long records, long bytes, boolean isSplit) {
        List<Integer> split = LoadScaling.toSplit(shards(new ShardLoad(records, bytes)), TEN_SECONDS, 100);
        assertThat(split).hasSize(isSplit ? 1 : 0);
    }

    @Test
    void theHottestComeFirstWhenThereIsNotRoomForAll() {
        List<MeasuredShard> shards = shards(
                new ShardLoad(6_000, 0), new ShardLoad(10, 9L * MIB), new ShardLoad(10, 10), new ShardLoad(8_000, 0));
        assertThat(LoadScaling.toSplit(shards, TEN_SECONDS, 100)).containsExactly(1, 3, 0);
        assertThat(LoadScaling.toSplit(shards, TEN_SECONDS, 2)).containsExactly(1, 3);
        assertThat(LoadScaling.toSplit(shards, TEN_SECONDS, 0)).isEmpty();
    }

    @Test
    void noMoreThanTwoHundredComeFromLoad() {
        ShardLoad[] hot = new ShardLoad[198];
        Arrays.fill(hot, new ShardLoad(100_000, 0));
        assertThat(LoadScaling.toSplit(shards(hot), TEN_SECONDS, Integer.MAX_VALUE))
                .hasSize(2);
    }

    @Test
    void evenLoadGrowsToTwiceWhatItNeedsAndStops() {
        // 20,000 records/s need 20 shards; twice that is promised.
        int shards = grow(range -> 20_000 * partOf(range)).size();
        assertThat(shards).isBetween(40, 80);
    }

    @Test
    void oneHotKeyCostsAFewShardsOnly() {
        HashKey hot = HashKey.ofPartitionKey("hot");
        assertThat(grow(range -> range.contains(hot) ? 50_000 : 0)).hasSizeBetween(5, 20);
    }

    /** Splits until nothing is hot any more; the load of a shard, in records a second, follows from its hash keys. */
    private static List<HashKeyRange> grow(ToDoubleFunction<HashKeyRange> perSecond) {
        List<HashKeyRange> open = HashKeyRange.evenly(LoadScaling.FIRST_SHARDS);
        for (int round = 0; round < 100; round++) {
            List<MeasuredShard> measured = open.stream()
                    .map(range ->
                            new MeasuredShard(range, new ShardLoad((long) (perSecond.applyAsDouble(range) * 10), 0)))
                    .toList();
            List<Integer> split = LoadScaling.toSplit(measured, TEN_SECONDS, Integer.MAX_VALUE);
            if (split.isEmpty()) {
                return open;
            }
            List<HashKeyRange> next = new ArrayList<>();
            for (int at = 0; at < open.size(); at++) {
                HashKeyRange range = open.get(at);
                if (split.contains(at)) {
                    next.add(new HashKeyRange(range.start(), range.middle().previous()));
                    next.add(new HashKeyRange(range.middle(), range.end()));
                } else {
                    next.add(range);
                }
            }
            next.sort(Comparator.comparing(HashKeyRange::start));
            open = next;
        }
        throw new AssertionError("still growing: " + open.size());
    }

    private static double partOf(HashKeyRange range) {
        return range.end().toBigInteger().subtract(range.start().toBigInteger()).doubleValue() / Math.pow(2, 128);
    }

    private static List<MeasuredShard> shards(ShardLoad... loads) {
        List<HashKeyRange> ranges = HashKeyRange.evenly(loads.length);
        List<MeasuredShard> shards = new ArrayList<>();
        for (int i = 0; i < loads.length; i++) {
            shards.add(new MeasuredShard(ranges.get(i), loads[i]));
        }
        return shards;
    }
}
