package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ShardGroupsTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void groupsAreTheSlotsInTheOrderInWhichTheyCame(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        int records = random.nextInt(1, 600);
        int slots = random.nextInt(1, 5000);
        ShardGroups groups = new ShardGroups(Math.min(records, slots));
        List<Integer> order = new ArrayList<>();
        List<List<Integer>> sizes = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            int slot = random.nextInt(slots);
            int size = random.nextInt(1000);
            if (!order.contains(slot)) {
                order.add(slot);
                sizes.add(new ArrayList<>());
            }
            int expected = order.indexOf(slot);
            sizes.get(expected).add(size);
            assertThat(groups.add(slot, size)).as("seed %s", seed).isEqualTo(expected);
        }
        assertThat(groups.size()).as("seed %s", seed).isEqualTo(order.size());
        for (int group = 0; group < order.size(); group++) {
            assertThat(groups.slot(group)).as("seed %s", seed).isEqualTo(order.get(group));
            assertThat(groups.count(group))
                    .as("seed %s", seed)
                    .isEqualTo(sizes.get(group).size());
            assertThat(groups.room(group))
                    .as("seed %s", seed)
                    .isEqualTo(sizes.get(group).stream()
                            .mapToInt(Integer::intValue)
                            .sum());
        }
    }

    @Test
    void roomThatNoArrayHasIsRefused() {
        ShardGroups groups = new ShardGroups(1);
        assertThat(groups.add(0, Integer.MAX_VALUE)).isZero();
        assertThatThrownBy(() -> groups.add(0, 1)).isInstanceOf(ArithmeticException.class);
    }
}
