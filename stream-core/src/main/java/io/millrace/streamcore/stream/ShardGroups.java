package io.millrace.streamcore.stream;

/**
 * The shards that the records of one put go to, and how much goes to each. Columns of numbers and no object a shard,
 * because a put may touch hundreds of them. A group is a shard, as its slot in the {@link RoutingTable}; groups are
 * numbered in the order in which they came. Belongs to one put.
 */
final class ShardGroups {
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
    ShardGroups(int most) {
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
