package io.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ShardMapTest {
    private static final List<HashKeyRange> QUARTERS = HashKeyRange.evenly(4);

    private static Shard shard(int index, HashKeyRange range, boolean isOpen) {
        SequenceNumber ending = isOpen ? null : SequenceNumber.parse("9");
        return new Shard(ShardId.of(index), List.of(), range, new SequenceNumberRange(SequenceNumber.ZERO, ending));
    }

    private static @Nullable ShardId shardOf(ShardMap map, HashKey key) {
        return map.shardOf(map.wayOf(key));
    }

    @Test
    void keysGoToTheOpenShardThatTakesThem() {
        List<Shard> shards = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            shards.add(shard(i, QUARTERS.get(i), true));
        }
        shards.add(shard(7, HashKeyRange.ALL, false));
        Collections.shuffle(shards, new Random(1));
        ShardMap map = ShardMap.of(shards);
        for (int i = 0; i < 4; i++) {
            assertThat(shardOf(map, QUARTERS.get(i).start())).isEqualTo(ShardId.of(i));
            assertThat(shardOf(map, QUARTERS.get(i).end())).isEqualTo(ShardId.of(i));
        }
        assertThat(map.isKnown()).isTrue();
        assertThat(map.rangeOf(ShardId.of(7))).contains(HashKeyRange.ALL);
        assertThat(map.rangeOf(ShardId.of(8))).isEmpty();
    }

    /** As a list looks whose pages were read before and after a reshard. */
    @Test
    void keyThatNoListedShardTakesGoesToNone() {
        ShardMap map = ShardMap.of(List.of(shard(0, QUARTERS.get(0), true), shard(3, QUARTERS.get(3), true)));
        assertThat(shardOf(map, QUARTERS.get(0).end())).isEqualTo(ShardId.of(0));
        assertThat(shardOf(map, QUARTERS.get(1).start())).isNull();
        assertThat(shardOf(map, QUARTERS.get(2).end())).isNull();
        assertThat(shardOf(map, HashKey.MAX)).isEqualTo(ShardId.of(3));
        ShardMap tail = ShardMap.of(List.of(shard(3, QUARTERS.get(3), true)));
        assertThat(shardOf(tail, HashKey.MIN)).isNull();
    }

    @Test
    void allKeysGoTheSameWayWhereNothingIsKnown() {
        assertThat(ShardMap.UNKNOWN.isKnown()).isFalse();
        assertThat(ShardMap.UNKNOWN.ways()).isEqualTo(1);
        assertThat(ShardMap.UNKNOWN.wayOf(HashKey.MAX)).isZero();
        assertThat(ShardMap.UNKNOWN.shardOf(0)).isNull();
    }
}
