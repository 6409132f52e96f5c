package io.millrace.streamcore.stream.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EvenScalingTest {
    @Test
    void evenShardsNeedNothing() {
        assertThat(EvenScaling.nextWave(HashKeyRange.evenly(7), 7)).isEmpty();
    }

    @Test
    void doublingIsOneWaveOfSplitsInTheMiddle() {
        List<ScalingStep> wave = EvenScaling.nextWave(HashKeyRange.evenly(4), 8);
        assertThat(wave).hasSize(4);
        assertThat(apply(HashKeyRange.evenly(4), wave)).isEqualTo(HashKeyRange.evenly(8));
    }

    @Test
    void halvingIsOneWaveOfMerges() {
        List<ScalingStep> wave = EvenScaling.nextWave(HashKeyRange.evenly(8), 4);
        assertThat(wave).hasSize(4).allMatch(step -> step.parents().size() == 2);
        assertThat(apply(HashKeyRange.evenly(8), wave)).isEqualTo(HashKeyRange.evenly(4));
    }

    @ParameterizedTest
    @CsvSource({"3, 2", "2, 3", "5, 9", "10, 7", "100, 199", "199, 100", "6, 6", "1, 1", "333, 500"})
    void aFewWavesLeadFromEvenToEven(int from, int to) {
        assertThat(wavesTo(HashKeyRange.evenly(from), to)).isLessThanOrEqualTo(3);
    }

    static IntStream seeds() {
        Integer only = Integer.getInteger("seed");
        return only == null ? IntStream.range(0, 300) : IntStream.of(only);
    }

    /** Whatever the shards were like before: also one hash key wide, and however many. */
    @ParameterizedTest
    @MethodSource("seeds")
    void anyTilingIsLedToTheTarget(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int target = random.nextInt(1, 60);
        TreeSet<HashKey> starts = new TreeSet<>(Set.of(HashKey.MIN));
        for (int i = random.nextInt(80); i > 0; i--) {
            HashKey key = new HashKey(random.nextLong(), random.nextLong());
            HashKey near =
                    HashKeyRange.evenly(target).get(random.nextInt(target)).start();
            starts.add(
                    switch (random.nextInt(4)) {
                        case 0 -> near;
                        case 1 -> near.equals(HashKey.MIN) ? near : near.previous();
                        case 2 -> near.next();
                        default -> key;
                    });
        }
        List<HashKeyRange> open = new ArrayList<>();
        for (HashKey start : starts) {
            HashKey next = starts.higher(start);
            open.add(new HashKeyRange(start, next == null ? HashKey.MAX : next.previous()));
        }
        assertThat(wavesTo(open, target)).as("seed %s", seed).isLessThan(20);
    }

    /** Leads to the target, checks every wave, and answers how many it took. */
    private static int wavesTo(List<HashKeyRange> from, int target) {
        List<HashKeyRange> open = from;
        for (int waves = 0; ; waves++) {
            List<ScalingStep> wave = EvenScaling.nextWave(open, target);
            if (wave.isEmpty()) {
                assertThat(open).isEqualTo(HashKeyRange.evenly(target));
                return waves;
            }
            open = apply(open, wave);
        }
    }

    private static List<HashKeyRange> apply(List<HashKeyRange> open, List<ScalingStep> wave) {
        Set<Integer> closed = new HashSet<>();
        List<HashKeyRange> next = new ArrayList<>();
        for (ScalingStep step : wave) {
            assertThat(step.parents().size() + step.children().size()).isEqualTo(3);
            step.parents().forEach(parent -> assertThat(closed.add(parent)).isTrue());
            next.addAll(step.children());
        }
        for (int i = 0; i < open.size(); i++) {
            if (!closed.contains(i)) {
                next.add(open.get(i));
            }
        }
        next.sort(Comparator.comparing(HashKeyRange::start));
        assertThat(next.get(0).start()).isEqualTo(HashKey.MIN);
        assertThat(next.get(next.size() - 1).end()).isEqualTo(HashKey.MAX);
        for (int i = 1; i < next.size(); i++) {
            assertThat(next.get(i - 1).isJustBelow(next.get(i))).isTrue();
        }
        assertThat(next.stream()
                        .map(range -> range.end()
                                .toBigInteger()
                                .subtract(range.start().toBigInteger())))
                .noneMatch(width -> width.compareTo(BigInteger.ZERO) < 0);
        return next;
    }
}
