package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashKeyRangeTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100, 1_000})
    void evenRangesTileTheWholeSpace(int count) {
        List<HashKeyRange> ranges = HashKeyRange.evenly(count);

        assertThat(ranges).hasSize(count);
        assertThat(ranges.get(0).start()).isEqualTo(HashKey.MIN);
        assertThat(ranges.get(count - 1).end()).isEqualTo(HashKey.MAX);
        for (int i = 1; i < count; i++) {
            assertThat(ranges.get(i - 1).isJustBelow(ranges.get(i))).isTrue();
        }
    }

    @Test
    void threeShardsHaveTheServicesBoundaries() {
        // Known from DescribeStream of a stream of three shards.
        assertThat(HashKeyRange.evenly(3))
                .extracting(range -> range.start() + "-" + range.end())
                .containsExactly(
                        "0-113427455640312821154458202477256070484",
                        "113427455640312821154458202477256070485-226854911280625642308916404954512140969",
                        "226854911280625642308916404954512140970-340282366920938463463374607431768211455");
    }

    @Test
    void middleSplitsInHalves() {
        assertThat(HashKeyRange.ALL.middle()).hasToString("170141183460469231731687303715884105728");
    }

    @Test
    void bothEndsBelongToTheRange() {
        HashKeyRange range = new HashKeyRange(new HashKey(0, 10), new HashKey(0, 20));

        assertThat(range.contains(new HashKey(0, 10))).isTrue();
        assertThat(range.contains(new HashKey(0, 20))).isTrue();
        assertThat(range.contains(new HashKey(0, 9))).isFalse();
        assertThat(range.contains(new HashKey(0, 21))).isFalse();
    }

    @Test
    void emptyRangeIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new HashKeyRange(new HashKey(0, 2), new HashKey(0, 1)));
    }

    @Test
    void nothingLiesAboveTheHighestKey() {
        assertThat(HashKeyRange.ALL.isJustBelow(HashKeyRange.ALL)).isFalse();
    }
}
