package io.millrace.streamcore.stream;

import io.millrace.model.HashKey;
import java.util.Comparator;
import java.util.List;

/**
 * Which open shard takes a hash key: a binary search over the starts of the shards' ranges, which tile all keys.
 * Immutable.
 */
final class RoutingTable {
    private final ShardEntry[] shards;

    RoutingTable(List<ShardEntry> all) {
        this.shards = all.stream()
                .filter(ShardEntry::isOpen)
                .sorted(Comparator.comparing(shard -> shard.range().start()))
                .toArray(ShardEntry[]::new);
    }

    ShardEntry route(HashKey key) {
        int low = 0;
        int high = shards.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (shards[middle].range().start().compareTo(key) <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return shards[low];
    }
}
