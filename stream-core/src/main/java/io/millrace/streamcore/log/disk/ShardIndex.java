package io.millrace.streamcore.log.disk;

import io.millrace.streamcore.log.LogBatch;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Where the batches of one shard stand in one segment: columns of numbers, one row for each batch, and the batch itself
 * while it is in the cache. The writer's loop adds rows and empties the cache; any thread reads.
 */
final class ShardIndex {
    static final int ROW_BYTES = 24;

    private volatile Columns columns = new Columns(8);
    private volatile int size;
    /** The writer's: no row before this one has its batch cached. */
    private int oldestCached;

    /** Adds a row. Writer only. */
    void add(long firstIndex, int count, long timeMillis, int position, int length, @Nullable LogBatch batch) {
        int row = size;
        Columns current = columns;
        if (row == current.position.length) {
            current = current.grown();
            columns = current;
        }
        current.firstIndex[row] = firstIndex;
        current.firstIndex[row + 1] = firstIndex + count;
        current.timeMillis[row] = timeMillis;
        current.position[row] = position;
        current.length[row] = length;
        if (batch != null) {
            current.batches.set(row, batch);
        }
        size = row + 1;
    }

    /** Forgets the oldest batch that is still cached, and answers its length; there must be one. Writer only. */
    int evictOldest() {
        Columns current = columns;
        while (current.batches.get(oldestCached) == null) {
            oldestCached++;
        }
        current.batches.set(oldestCached, null);
        return current.length[oldestCached++];
    }

    int size() {
        return size;
    }

    /** The index after the last row's last record. */
    long endIndex() {
        int rows = size;
        return columns.firstIndex[rows];
    }

    long firstIndex(int row) {
        return columns.firstIndex[row];
    }

    int count(int row) {
        Columns current = columns;
        return (int) (current.firstIndex[row + 1] - current.firstIndex[row]);
    }

    long timeMillis(int row) {
        return columns.timeMillis[row];
    }

    int position(int row) {
        return columns.position[row];
    }

    int length(int row) {
        return columns.length[row];
    }

    @Nullable
    LogBatch batch(int row) {
        return columns.batches.get(row);
    }

    /** The row that holds the record of this index, which must not be below the first row's. */
    int rowOf(long index) {
        int rows = size;
        int found = Arrays.binarySearch(columns.firstIndex, 0, rows, index);
        return found >= 0 ? found : -found - 2;
    }

    /** The first row of this time or later; {@link #size} if there is none. */
    int rowAtTime(long millis) {
        int low = 0;
        int high = size;
        Columns current = columns;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (current.timeMillis[middle] < millis) {
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
        Columns current = columns;
        for (int row = 0; row < rows; row++) {
            target.putLong(current.firstIndex[row])
                    .putLong(current.timeMillis[row])
                    .putInt(current.position[row])
                    .putInt(current.length[row]);
        }
    }

    /**
     * Reads what {@link #encode} wrote for a segment of this length.
     *
     * @throws IllegalArgumentException if these cannot be the places of batches in it
     */
    static ShardIndex decode(ByteBuffer source, int segmentSize) {
        ShardIndex index = new ShardIndex();
        int rows = source.getInt();
        if (rows < 1 || rows > source.remaining() / ROW_BYTES) {
            throw new IllegalArgumentException("row count " + rows);
        }
        long end = source.getLong();
        Columns columns = new Columns(rows);
        for (int row = 0; row < rows; row++) {
            columns.firstIndex[row] = source.getLong();
            columns.timeMillis[row] = source.getLong();
            columns.position[row] = source.getInt();
            columns.length[row] = source.getInt();
        }
        columns.firstIndex[rows] = end;
        for (int row = 0; row < rows; row++) {
            columns.check(row, segmentSize);
        }
        index.columns = columns;
        index.size = rows;
        return index;
    }

    /** Room for rows; {@code firstIndex} has one more for the end of the last. */
    private static final class Columns {
        private final long[] firstIndex;
        private final long[] timeMillis;
        private final int[] position;
        private final int[] length;
        private final AtomicReferenceArray<@Nullable LogBatch> batches;

        Columns(int rows) {
            this(new long[rows + 1], new long[rows], new int[rows], new int[rows]);
        }

        private Columns(long[] firstIndex, long[] timeMillis, int[] position, int[] length) {
            this.firstIndex = firstIndex;
            this.timeMillis = timeMillis;
            this.position = position;
            this.length = length;
            this.batches = new AtomicReferenceArray<>(position.length);
        }

        void check(int row, int segmentSize) {
            long count = firstIndex[row + 1] - firstIndex[row];
            long fileEnd = (long) position[row] + Frame.HEADER_BYTES + length[row];
            boolean isInFile = position[row] >= FrameFile.START && length[row] >= 0 && fileEnd <= segmentSize;
            boolean isInOrder =
                    row == 0 || (timeMillis[row] >= timeMillis[row - 1] && position[row] > position[row - 1]);
            if (firstIndex[row] < 0 || count < 1 || count > Integer.MAX_VALUE || !isInFile || !isInOrder) {
                throw new IllegalArgumentException("row " + row);
            }
        }

        Columns grown() {
            int rows = position.length * 2;
            Columns grown = new Columns(
                    Arrays.copyOf(firstIndex, rows + 1),
                    Arrays.copyOf(timeMillis, rows),
                    Arrays.copyOf(position, rows),
                    Arrays.copyOf(length, rows));
            for (int row = 0; row < position.length; row++) {
                grown.batches.set(row, batches.get(row));
            }
            return grown;
        }
    }
}
