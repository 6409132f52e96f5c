package io.millrace.streamcore.stream;

import io.millrace.model.HashKey;
import io.millrace.model.ShardId;
import java.util.Comparator;
import java.util.List;

/**
 * Which open shard takes a hash key. The shards' ranges tile all keys. A key's upper bits name the few shards that come
 * into question, and a binary search over the starts of their ranges finds the one: with even ranges that is one step,
 * however many shards there are. Immutable.
 */
final class RoutingTable {
    /** The open shards by the starts of their ranges; a shard's place here is its slot. */
    private final ShardEntry[] shards;

    private final ShardId[] ids;
    private final long[] startsHigh;
    private final long[] startsLow;
    /** By the upper bits of a key: the slot that takes the lowest key with them, and one more with the last slot. */
    private final int[] lowestSlots;

    private final int shift;

    RoutingTable(List<ShardEntry> all) {
        this.shards = all.stream()
                .filter(ShardEntry::isOpen)
                .sorted(Comparator.comparing(shard -> shard.range().start()))
                .toArray(ShardEntry[]::new);
        this.ids = new ShardId[shards.length];
        this.startsHigh = new long[shards.length];
        this.startsLow = new long[shards.length];
        for (int slot = 0; slot < shards.length; slot++) {
            ids[slot] = shards[slot].id();
            startsHigh[slot] = shards[slot].range().start().high();
            startsLow[slot] = shards[slot].range().start().low();
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, shards.length));
        this.shift = Long.SIZE - bits;
        this.lowestSlots = new int[(1 << bits) + 1];
        for (int upper = 0; upper < 1 << bits; upper++) {
            lowestSlots[upper] = search((long) upper << shift, 0, 0, shards.length - 1);
        }
        lowestSlots[1 << bits] = shards.length - 1;
    }

    /** The slot of the shard that takes a key. */
    int route(HashKey key) {
        int upper = (int) (key.high() >>> shift);
        return search(key.high(), key.low(), lowestSlots[upper], lowestSlots[upper + 1]);
    }

    /** How many open shards there are. */
    int size() {
        return shards.length;
    }

    ShardEntry shard(int slot) {
        return shards[slot];
    }

    ShardId id(int slot) {
        return ids[slot];
    }

    /** The last slot from {@code lowest} to {@code highest} whose range does not start above the key. */
    private int search(long high, long low, int lowest, int highest) {
        int from = lowest;
        int to = highest;
        while (from < to) {
            int middle = (from + to + 1) >>> 1;
            if (startsAbove(middle, high, low)) {
                to = middle - 1;
            } else {
                from = middle;
            }
        }
        return from;
    }

    private boolean startsAbove(int slot, long high, long low) {
        int byHigh = Long.compareUnsigned(startsHigh[slot], high);
        return byHigh > 0 || (byHigh == 0 && Long.compareUnsigned(startsLow[slot], low) > 0);
    }
}
