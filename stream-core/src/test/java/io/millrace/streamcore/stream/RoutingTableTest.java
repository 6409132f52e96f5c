package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RoutingTableTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 64, 1000, 4096})
    void aKeyGoesToTheShardThatTakesItHoweverTheRangesLie(int shards) {
        SplittableRandom random = new SplittableRandom(shards);
        List<HashKeyRange> ranges = new ArrayList<>(HashKeyRange.evenly(shards));
        for (int i = 0; i < 100; i++) {
            // Most of the ranges that are added lie close together.
            HashKeyRange split = ranges.remove(i % 2 == 0 ? ranges.size() - 1 : random.nextInt(ranges.size()));
            HashKey middle = HashKey.of(split.start()
                    .toBigInteger()
                    .add(split.end().toBigInteger())
                    .add(BigInteger.ONE)
                    .shiftRight(1));
            ranges.add(new HashKeyRange(split.start(), middle.previous()));
            ranges.add(new HashKeyRange(middle, split.end()));
        }
        List<ShardEntry> entries = new ArrayList<>();
        for (HashKeyRange range : ranges) {
            entries.add(ShardEntry.open(entries.size(), List.of(), range, 1, 1));
        }
        RoutingTable table = new RoutingTable(entries);
        for (ShardEntry entry : entries) {
            assertThat(table.shard(table.route(entry.range().start()))).isEqualTo(entry);
            assertThat(table.shard(table.route(entry.range().end()))).isEqualTo(entry);
            assertThat(table.id(table.route(entry.range().end()))).isEqualTo(entry.id());
        }
        assertThat(table.size()).isEqualTo(shards + 100);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void groupsAreTheSlotsInTheOrderInWhichTheyCame(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        int records = random.nextInt(1, 600);
        int slots = random.nextInt(1, 5000);
        RoutingTable.Groups groups = new RoutingTable.Groups(Math.min(records, slots));
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
        RoutingTable.Groups groups = new RoutingTable.Groups(1);
        assertThat(groups.add(0, Integer.MAX_VALUE)).isZero();
        assertThatThrownBy(() -> groups.add(0, 1)).isInstanceOf(ArithmeticException.class);
    }
}
