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

    /**
     * The shards that the records of one put go to, and how much goes to each. Columns of numbers and no object a shard,
     * because a put may touch hundreds of them. A group is a shard, as its slot; groups are
     * numbered in the order in which they came. Belongs to one put.
     */
    static final class Groups {
        /** Spreads slots over the table's places (Knuth's multiplicative hash: 2^32 by the golden ratio). */
        private static final int SPREAD = 0x9e3779b9;

        /** By a slot's hash, or further on where that was taken: its group and one; 0 where nothing is. */
        private final int[] table;

        private final int shift;
        private final int[] slots;
        private final int[] counts;
        private final int[] rooms;
        private int size;

        /** Room for so many groups. */
        Groups(int most) {
            int bits = Integer.SIZE - Integer.numberOfLeadingZeros(most) + 1;
            this.table = new int[1 << bits];
            this.shift = Integer.SIZE - bits;
            this.slots = new int[most];
            this.counts = new int[most];
            this.rooms = new int[most];
        }

        /** Adds a record of so many bytes and answers the shard's group. */
        int add(int slot, int bytes) {
            int place = (slot * SPREAD) >>> shift;
            while (table[place] != 0 && slots[table[place] - 1] != slot) {
                place = (place + 1) & (table.length - 1);
            }
            if (table[place] == 0) {
                slots[size] = slot;
                table[place] = ++size;
            }
            int group = table[place] - 1;
            counts[group]++;
            rooms[group] = Math.addExact(rooms[group], bytes);
            return group;
        }

        int size() {
            return size;
        }

        int slot(int group) {
            return slots[group];
        }

        /** How many records go to the shard. */
        int count(int group) {
            return counts[group];
        }

        /** How many bytes they take. */
        int room(int group) {
            return rooms[group];
        }
    }
}
