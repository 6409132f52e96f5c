package io.millrace.streamcore.log.disk;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Where the batches of one shard stand in one segment, a row for each. All that a row holds stands side by side, because a
 * put that touches hundreds of shards adds a row to each of their indexes. The writer's loop adds rows; any thread reads.
 */
final class ShardIndex {
    static final int ROW_BYTES = 8 + 8 + 4 + 4 + 4;

    /** What stands where in a row: pairs have one number in the upper half of a word and one in the lower. */
    private static final int FIRST_INDEX = 0;

    private static final int TIME = 1;
    private static final int POSITION_AND_LENGTH = 2;
    private static final int CHECKSUM_AND_FRAME = 3;
    private static final int WORDS = 4;

    /** One more than whole rows: where the next one will begin, the last one's end index stands already. */
    private volatile long[] words;

    private volatile int size;

    ShardIndex() {
        this(4);
    }

    private ShardIndex(int rows) {
        words = new long[rows * WORDS + 1];
    }

    /**
     * Adds a row. Writer only.
     *
     * @param position where the batch's bytes begin in the segment
     * @param length how many they are there
     * @param checksum their CRC32C
     * @param frame by what number the {@link BatchCache} knows it
     */
    void add(long firstIndex, int count, long timeMillis, int position, int length, int checksum, int frame) {
        int row = size;
        int at = row * WORDS;
        long[] current = words;
        if (at + WORDS >= current.length) {
            current = Arrays.copyOf(current, 2 * at + WORDS + 1);
            words = current;
        }
        current[at + FIRST_INDEX] = firstIndex;
        current[at + TIME] = timeMillis;
        current[at + POSITION_AND_LENGTH] = pair(position, length);
        current[at + CHECKSUM_AND_FRAME] = pair(checksum, frame);
        current[at + WORDS] = firstIndex + count;
        size = row + 1;
    }

    int size() {
        return size;
    }

    /** The index after the last row's last record. */
    long endIndex() {
        return firstIndex(size);
    }

    /** The index of a row's first record; of the row after the last, where that begins. */
    long firstIndex(int row) {
        return words[row * WORDS + FIRST_INDEX];
    }

    int count(int row) {
        return (int) (firstIndex(row + 1) - firstIndex(row));
    }

    long timeMillis(int row) {
        return words[row * WORDS + TIME];
    }

    int position(int row) {
        return upper(words[row * WORDS + POSITION_AND_LENGTH]);
    }

    int length(int row) {
        return (int) words[row * WORDS + POSITION_AND_LENGTH];
    }

    int checksum(int row) {
        return upper(words[row * WORDS + CHECKSUM_AND_FRAME]);
    }

    /** The number of the frame in the cache, {@link BatchCache#NONE} without one. */
    int frame(int row) {
        return (int) words[row * WORDS + CHECKSUM_AND_FRAME];
    }

    /** The row that holds the record of this index, which must not be below the first row's. */
    int rowOf(long index) {
        return lowest(FIRST_INDEX, index + 1) - 1;
    }

    /** The first row of this time or later; {@link #size} if there is none. */
    int rowAtTime(long millis) {
        return lowest(TIME, millis);
    }

    /** The first row that has at least {@code bound} in this word, which rises from row to row. */
    private int lowest(int word, long bound) {
        int low = 0;
        int high = size;
        long[] current = words;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (current[middle * WORDS + word] < bound) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    void encode(ByteBuffer target) {
        int rows = size;
        target.putInt(rows).putLong(endIndex());
        for (int row = 0; row < rows; row++) {
            target.putLong(firstIndex(row))
                    .putLong(timeMillis(row))
                    .putInt(position(row))
                    .putInt(length(row))
                    .putInt(checksum(row));
        }
    }

    /**
     * Reads what {@link #encode} wrote for a segment of this length.
     *
     * @throws IllegalArgumentException if these cannot be the places of batches in it
     */
    static ShardIndex decode(ByteBuffer source, int segmentSize) {
        int rows = source.getInt();
        if (rows < 1 || rows > source.remaining() / ROW_BYTES) {
            throw new IllegalArgumentException("row count " + rows);
        }
        long end = source.getLong();
        ShardIndex index = new ShardIndex(rows);
        long[] words = index.words;
        for (int at = 0; at < rows * WORDS; at += WORDS) {
            words[at + FIRST_INDEX] = source.getLong();
            words[at + TIME] = source.getLong();
            words[at + POSITION_AND_LENGTH] = source.getLong();
            words[at + CHECKSUM_AND_FRAME] = pair(source.getInt(), BatchCache.NONE);
        }
        words[rows * WORDS] = end;
        for (int row = 0; row < rows; row++) {
            index.check(row, segmentSize);
        }
        index.size = rows;
        return index;
    }

    private void check(int row, int segmentSize) {
        long count = firstIndex(row + 1) - firstIndex(row);
        int start = FrameFile.START + Frame.HEADER_BYTES;
        boolean isInFile =
                position(row) >= start && length(row) >= 0 && (long) position(row) + length(row) <= segmentSize;
        boolean isInOrder = row == 0
                || (timeMillis(row) >= timeMillis(row - 1) && position(row) >= position(row - 1) + length(row - 1));
        if (firstIndex(row) < 0 || count < 1 || count > Integer.MAX_VALUE || !isInFile || !isInOrder) {
            throw new IllegalArgumentException("row " + row);
        }
    }

    private static long pair(int upper, int lower) {
        return (long) upper << 32 | (lower & 0xffffffffL);
    }

    private static int upper(long pair) {
        return (int) (pair >>> 32);
    }
}
