package io.millrace.cli.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.streams.ScalePlan.Merge;
import io.millrace.cli.streams.ScalePlan.Split;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScalePlanTest {
    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, 2_000);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void anyTilingBecomesEvenInTheFewestStepsWithoutSlivers(long seed) {
        Random random = new Random(seed);
        int count = 1 + random.nextInt(40);
        List<HashKeyRange> shards = tiling(random, count);
        List<HashKeyRange> targets = HashKeyRange.evenly(count);
        List<ScalePlan.Step> steps = ScalePlan.of(shards, count);

        List<HashKeyRange> now = new ArrayList<>(shards);
        BigInteger least = size(targets.get(0)).divide(BigInteger.valueOf(8));
        for (ScalePlan.Step step : steps) {
            for (HashKeyRange made : take(step, now)) {
                assertThat(size(made)).as("seed %s: %s", seed, step).isGreaterThanOrEqualTo(least);
            }
        }
        now.sort(Comparator.comparing(HashKeyRange::start));
        assertThat(now).as("seed %s", seed).isEqualTo(targets);
        assertThat(steps).as("seed %s", seed).hasSize(differences(starts(shards), starts(targets)));
    }

    @Test
    void evenShardsNeedNothing() {
        assertThat(ScalePlan.of(HashKeyRange.evenly(7), 7)).isEmpty();
    }

    @Test
    void doublingSplitsAndHalvingMerges() {
        assertThat(ScalePlan.of(HashKeyRange.evenly(4), 8)).hasSize(4).allMatch(Split.class::isInstance);
        assertThat(ScalePlan.of(HashKeyRange.evenly(8), 4)).hasSize(4).allMatch(Merge.class::isInstance);
    }

    @Test
    void aShardIsDividedBeforeItsPartJoinsItsNeighbour() {
        List<ScalePlan.Step> steps = ScalePlan.of(HashKeyRange.evenly(2), 3);
        assertThat(steps).hasSize(3);
        assertThat(steps.subList(0, 2)).allMatch(Split.class::isInstance);
    }

    @Test
    void whatIsNoTilingIsRefused() {
        List<HashKeyRange> gap = List.of(
                new HashKeyRange(HashKey.MIN, HashKey.of(BigInteger.TEN)),
                new HashKeyRange(HashKey.of(BigInteger.valueOf(12)), HashKey.MAX));
        assertThatThrownBy(() -> ScalePlan.of(gap, 2)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Takes a step and returns what a split made. */
    private static List<HashKeyRange> take(ScalePlan.Step step, List<HashKeyRange> shards) {
        if (step instanceof Split split) {
            assertThat(shards.remove(split.shard())).isTrue();
            List<HashKeyRange> parts = List.of(
                    new HashKeyRange(split.shard().start(), split.at().previous()),
                    new HashKeyRange(split.at(), split.shard().end()));
            shards.addAll(parts);
            return parts;
        }
        Merge merge = (Merge) step;
        assertThat(shards.remove(merge.lower())).isTrue();
        assertThat(shards.remove(merge.upper())).isTrue();
        assertThat(merge.lower().isJustBelow(merge.upper())).isTrue();
        shards.add(new HashKeyRange(merge.lower().start(), merge.upper().end()));
        return List.of();
    }

    /** Boundaries anywhere, and some at or just beside those that are wanted. */
    private static List<HashKeyRange> tiling(Random random, int count) {
        Set<BigInteger> starts = new TreeSet<>(Set.of(BigInteger.ZERO));
        BigInteger width = size(HashKeyRange.evenly(count).get(0));
        for (int i = random.nextInt(60); i > 0; i--) {
            BigInteger start = random.nextBoolean()
                    ? new BigInteger(128, random)
                    : width.multiply(BigInteger.valueOf(random.nextInt(count)))
                            .add(BigInteger.valueOf(random.nextInt(5) - 2));
            starts.add(start.max(BigInteger.ZERO));
        }
        List<HashKeyRange> shards = new ArrayList<>();
        BigInteger end = BigInteger.ONE.shiftLeft(128);
        for (BigInteger start : new TreeSet<>(starts).descendingSet()) {
            shards.add(0, new HashKeyRange(HashKey.of(start), HashKey.of(end.subtract(BigInteger.ONE))));
            end = start;
        }
        return shards;
    }

    private static Set<HashKey> starts(List<HashKeyRange> shards) {
        Set<HashKey> starts = new HashSet<>();
        shards.forEach(shard -> starts.add(shard.start()));
        return starts;
    }

    private static int differences(Set<HashKey> one, Set<HashKey> other) {
        Set<HashKey> common = new HashSet<>(one);
        common.retainAll(other);
        return one.size() + other.size() - 2 * common.size();
    }

    private static BigInteger size(HashKeyRange range) {
        return range.end().toBigInteger().subtract(range.start().toBigInteger()).add(BigInteger.ONE);
    }
}
