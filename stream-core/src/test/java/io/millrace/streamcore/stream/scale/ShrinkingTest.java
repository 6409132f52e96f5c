package io.millrace.streamcore.stream.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.streamcore.stream.scale.Shrinking.Measured;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ShrinkingTest {
    /** Half of the load at which the merged shard would be split again. */
    @ParameterizedTest
    @CsvSource({"0, 0, true", "0.125, 0.125, true", "0, 0.25, true", "0.126, 0.125, false", "0, 0.26, false"})
    void aPairIsMergedUpToAQuarterOfALimit(double lower, double upper, boolean isMerged) {
        List<Measured> open = shards(HashKeyRange.evenly(8), lower, upper, 1, 1, 1, 1, 1, 1);
        assertThat(Shrinking.toMerge(open, 4)).isEqualTo(isMerged ? List.of(0) : List.of());
    }

    @Test
    void aPairThatIsNotKnownForLongIsLeftAlone() {
        List<Measured> open = new ArrayList<>(shards(HashKeyRange.evenly(8), 0, 0, 0, 0, 0, 0, 0, 0));
        open.set(1, new Measured(open.get(1).range(), OptionalDouble.empty()));
        assertThat(Shrinking.toMerge(open, 4)).containsExactly(2, 4, 6);
    }

    @Test
    void onlyTheHalvesOfOneShardAreMerged() {
        List<Measured> open = shards(HashKeyRange.evenly(8), 1, 0, 0, 1, 1, 0, 0, 1);
        assertThat(Shrinking.toMerge(open, 4)).isEmpty();
    }

    @Test
    void noStreamHasFewerThanFourNorThanItIsKeptReadyFor() {
        double[] quiet = new double[8];
        assertThat(Shrinking.toMerge(shards(HashKeyRange.evenly(8), quiet), 0)).containsExactly(0, 2, 4, 6);
        assertThat(Shrinking.toMerge(shards(HashKeyRange.evenly(8), quiet), 7)).containsExactly(0);
        assertThat(Shrinking.toMerge(shards(HashKeyRange.evenly(8), quiet), 9)).isEmpty();
        assertThat(Shrinking.toMerge(shards(HashKeyRange.evenly(4), new double[4]), 0))
                .isEmpty();
        assertThat(Shrinking.toMerge(shards(HashKeyRange.evenly(6), new double[6]), 0))
                .as("a third of all hash keys is wider than a stream begins with")
                .isEmpty();
    }

    @Test
    void theNarrowestGoFirst() {
        List<HashKeyRange> ranges = new ArrayList<>(HashKeyRange.evenly(8));
        HashKeyRange last = ranges.remove(7);
        ranges.add(new HashKeyRange(last.start(), last.middle().previous()));
        ranges.add(new HashKeyRange(last.middle(), last.end()));
        assertThat(Shrinking.toMerge(shards(ranges, new double[9]), 4)).containsExactly(7);
    }

    static IntStream seeds() {
        Integer only = Integer.getInteger("seed");
        return only == null ? IntStream.range(0, 100) : IntStream.of(only);
    }

    /** However a stream grew by even splits, it comes back to the shards that it had, and tiles all keys on the way. */
    @ParameterizedTest
    @MethodSource("seeds")
    void mergingTakesBackWhatSplittingDid(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int first = random.nextInt(4, 12);
        List<HashKeyRange> began = HashKeyRange.evenly(first);
        List<HashKeyRange> open = new ArrayList<>(began);
        for (int splits = random.nextInt(60); splits > 0; splits--) {
            int at = random.nextInt(open.size());
            HashKeyRange split = open.remove(at);
            open.add(at, new HashKeyRange(split.middle(), split.end()));
            open.add(at, new HashKeyRange(split.start(), split.middle().previous()));
        }
        while (true) {
            List<Integer> pairs = Shrinking.toMerge(shards(open, new double[open.size()]), first);
            if (pairs.isEmpty()) {
                break;
            }
            List<Integer> fromTheEnd = new ArrayList<>(pairs);
            fromTheEnd.sort(Collections.reverseOrder());
            for (int at : fromTheEnd) {
                HashKeyRange upper = open.remove(at + 1);
                HashKeyRange lower = open.remove(at);
                assertThat(lower.isJustBelow(upper)).as("seed %s", seed).isTrue();
                open.add(at, new HashKeyRange(lower.start(), upper.end()));
            }
        }
        assertThat(open).as("seed %s", seed).isEqualTo(began);
    }

    @Test
    void shardsThatUsersCutUnevenlyAreLeftAlone() {
        HashKey cut = HashKey.of(BigInteger.ONE.shiftLeft(125).add(BigInteger.ONE.shiftLeft(123)));
        List<HashKeyRange> ranges = new ArrayList<>(HashKeyRange.evenly(4));
        HashKeyRange head = ranges.remove(0);
        ranges.add(0, new HashKeyRange(cut, head.end()));
        ranges.add(0, new HashKeyRange(head.start(), cut.previous()));
        assertThat(Shrinking.toMerge(shards(ranges, new double[5]), 0)).isEmpty();
    }

    private static List<Measured> shards(List<HashKeyRange> ranges, double... peaks) {
        assertThat(Arrays.stream(peaks).count()).isEqualTo(ranges.size());
        return IntStream.range(0, peaks.length)
                .mapToObj(at -> new Measured(ranges.get(at), OptionalDouble.of(peaks[at])))
                .toList();
    }
}
