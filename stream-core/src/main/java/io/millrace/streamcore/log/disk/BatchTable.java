package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.AppendedBatches;
import io.millrace.streamcore.log.NewBatches;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Batches that go into one frame together. In the frame stands a row of {@value #ROW_BYTES} bytes for each, big endian,
 * and then the bytes of all, in the same order:
 *
 * <pre>
 *  0 shard  4 count  8 length in the file  12 CRC32C of the bytes in the file  16 first index
 * </pre>
 *
 * <p>The frame's checksum covers the rows and each row's the bytes of its batch: so one batch can be read and checked
 * alone, and checksums of what producers hand in are made on their threads. A batch whose shard had ended has count 0;
 * its bytes are nobody's.
 *
 * <p>Made by the producer's thread, then the writer's alone.
 */
final class BatchTable {
    static final int ROW_BYTES = 4 + 4 + 4 + 4 + 8;

    private final NewBatches batches;
    private final int[] checksums;
    private final long[] firstIndexes;
    private int numbered;

    BatchTable(NewBatches batches) {
        this.batches = requireNonNull(batches, "batches");
        this.checksums = new int[batches.size()];
        this.firstIndexes = new long[batches.size()];
        if (bytesWith(SegmentKey.TAG_BYTES) > Frame.MAX_PAYLOAD) {
            throw new IllegalArgumentException("batches that go together have at most " + Frame.MAX_PAYLOAD
                    + " bytes, not " + batches.totalLength());
        }
        CRC32C crc = new CRC32C();
        for (int batch = 0; batch < checksums.length; batch++) {
            crc.reset();
            crc.update(batches.bytes(), batches.from(batch), batches.length(batch));
            checksums[batch] = (int) crc.getValue();
        }
    }

    NewBatches batches() {
        return batches;
    }

    int size() {
        return checksums.length;
    }

    /** What rows and batches take in a file if each batch is so many bytes longer there. */
    long bytesWith(int tagBytes) {
        return (long) size() * (ROW_BYTES + tagBytes) + batches.totalLength();
    }

    /** The batch's first record has this number. */
    void number(int batch, long firstIndex) {
        firstIndexes[batch] = firstIndex;
        numbered++;
    }

    /** The batch's shard has ended. */
    void leaveOut(int batch) {
        firstIndexes[batch] = AppendedBatches.SEALED;
    }

    boolean isLeftOut(int batch) {
        return firstIndexes[batch] == AppendedBatches.SEALED;
    }

    /** True if all batches are left out. */
    boolean isEmpty() {
        return numbered == 0;
    }

    long firstIndex(int batch) {
        return firstIndexes[batch];
    }

    /** How many records the batch has in the log. */
    int count(int batch) {
        return isLeftOut(batch) ? 0 : batches.count(batch);
    }

    /** The checksum of the batch's bytes as they are in the file. */
    int checksum(int batch) {
        return checksums[batch];
    }

    /** The batch's bytes are others in the file. */
    void setChecksum(int batch, int checksum) {
        checksums[batch] = checksum;
    }

    /** What became of the batches. */
    AppendedBatches outcome(long timeMillis) {
        return new AppendedBatches(firstIndexes, timeMillis);
    }

    /** The frame of these batches, with their bytes as they are to be in the file, each {@code tagBytes} longer. */
    Frame frame(long timeMillis, ByteBuffer bytes, int tagBytes) {
        ByteBuffer rows = ByteBuffer.allocate(size() * ROW_BYTES);
        for (int batch = 0; batch < size(); batch++) {
            rows.putInt(batches.shard(batch))
                    .putInt(count(batch))
                    .putInt(batches.length(batch) + tagBytes)
                    .putInt(checksums[batch])
                    .putLong(firstIndexes[batch]);
        }
        return Frame.of(FrameKind.BATCHES, -1, 0, timeMillis, size(), rows.flip())
                .withBody(bytes);
    }

    /** True if the rows and the bytes of a frame of this kind fit together. The rows are what was written. */
    static boolean isWhole(ByteBuffer rows, ByteBuffer bytes) {
        int at = bytes.position();
        for (int row = rows.position(); row < rows.limit(); row += ROW_BYTES) {
            int length = rows.getInt(row + 8);
            if (length < 0
                    || length > bytes.limit() - at
                    || Frame.crc(bytes.slice(at, length)) != rows.getInt(row + 12)) {
                return false;
            }
            at += length;
        }
        return at == bytes.limit();
    }

    /** Shows the batches of a frame that is whole and stands at {@code position}. Other frames have none. */
    static void visit(Frame frame, int position, Visitor visitor) {
        int at = position + Frame.HEADER_BYTES;
        if (frame.kind() == FrameKind.RECORDS) {
            int length = frame.payload().remaining();
            visitor.batch(frame.shard(), frame.firstIndex(), frame.count(), at, length, frame.payloadCrc());
        } else if (frame.kind() == FrameKind.BATCHES) {
            ByteBuffer rows = frame.payload();
            at += rows.remaining();
            for (int row = rows.position(); row < rows.limit(); row += ROW_BYTES) {
                int count = rows.getInt(row + 4);
                int length = rows.getInt(row + 8);
                if (count != 0) {
                    visitor.batch(rows.getInt(row), rows.getLong(row + 16), count, at, length, rows.getInt(row + 12));
                }
                at += length;
            }
        }
    }

    /** Sees batches in a file. */
    @FunctionalInterface
    interface Visitor {
        /**
         * A batch.
         *
         * @param shard the shard that the file names
         * @param firstIndex the number of its first record there
         * @param count how many records it is said to have
         * @param position where in the file its bytes begin
         * @param length how many they are
         * @param checksum their CRC32C
         */
        void batch(int shard, long firstIndex, int count, int position, int length, int checksum);
    }
}
