package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.log.LogBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Records of one shard, in order, as they lie in the log: nothing of them was copied or decoded yet. Whoever writes them
 * to a client visits them; {@link #toList} is for everyone else. Immutable.
 */
public final class StoredRecords {
    private final ShardEntry shard;
    private final List<LogBatch> batches;
    /** The log's index of the first one. */
    private final long from;

    private final Sum sum;

    private StoredRecords(ShardEntry shard, List<LogBatch> batches, long from, Sum sum) {
        this.shard = shard;
        this.batches = List.copyOf(batches);
        this.from = from;
        this.sum = sum;
    }

    /**
     * The records of {@code batches} from index {@code from} on while both bounds allow; the first one is always taken.
     *
     * @throws IllegalArgumentException if the batches do not hold records
     */
    static StoredRecords of(ShardEntry shard, List<LogBatch> batches, long from, int maxRecords, int maxBytes) {
        requireNonNull(shard, "shard");
        long first = batches.isEmpty() ? from : Math.max(from, batches.get(0).firstIndex());
        int size = 0;
        long bytes = 0;
        long lastTime = 0;
        for (LogBatch batch : batches) {
            ByteBuffer source = batch.payload();
            int at = source.position();
            for (long index = batch.firstIndex(); index < batch.endIndex(); index++) {
                int end = RecordCodec.end(source, at);
                int length = end - at - RecordCodec.OVERHEAD;
                if (index >= first) {
                    if (size == maxRecords || (bytes + length > maxBytes && size > 0)) {
                        return new StoredRecords(shard, batches, first, new Sum(size, bytes, lastTime));
                    }
                    size++;
                    bytes += length;
                    lastTime = batch.timeMillis();
                }
                at = end;
            }
        }
        return new StoredRecords(shard, batches, first, new Sum(size, bytes, lastTime));
    }

    /** How many there are. */
    public int size() {
        return sum.size;
    }

    /** True if there are none. */
    public boolean isEmpty() {
        return sum.size == 0;
    }

    /** How many bytes their data and their partition keys in UTF-8 have. */
    public long bytes() {
        return sum.bytes;
    }

    /** When the last one arrived, in ms since the epoch; 0 if there are none. */
    public long lastTimeMillis() {
        return sum.lastTimeMillis;
    }

    /** The number of the last one; there must be one. */
    public SequenceNumber lastNumber() {
        if (isEmpty()) {
            throw new IllegalStateException("there are no records");
        }
        return shard.sequenceNumber(endIndex() - 1, sum.lastTimeMillis);
    }

    /** The log's index after the last one. */
    long endIndex() {
        return from + sum.size;
    }

    /**
     * Shows every record to {@code visitor}, in order.
     *
     * @throws IOException if the visitor does
     */
    public void visit(Visitor visitor) throws IOException {
        int left = sum.size;
        for (LogBatch batch : batches) {
            ByteBuffer source = batch.payload();
            int at = source.position();
            for (long index = batch.firstIndex(); index < batch.endIndex() && left > 0; index++) {
                int end = RecordCodec.end(source, at);
                if (index >= from) {
                    if (index == Math.max(from, batch.firstIndex())) {
                        visitor.batch(
                                shard.sequenceNumber(index, batch.timeMillis()),
                                batch.timeMillis(),
                                RecordCodec.isEncrypted(source, at));
                    }
                    int key = at + RecordCodec.OVERHEAD;
                    visitor.record(source, key, key + RecordCodec.keyLength(source, at), end);
                    left--;
                }
                at = end;
            }
        }
    }

    /** All of them, decoded by this call. */
    public List<StreamRecord> toList() {
        List<StreamRecord> records = new ArrayList<>(sum.size);
        int left = sum.size;
        for (LogBatch batch : batches) {
            ByteBuffer source = batch.payload();
            Instant arrival = Instant.ofEpochMilli(batch.timeMillis());
            int at = source.position();
            for (long index = batch.firstIndex(); index < batch.endIndex() && left > 0; index++) {
                if (index >= from) {
                    records.add(
                            RecordCodec.decode(source, at, shard.sequenceNumber(index, batch.timeMillis()), arrival));
                    left--;
                }
                at = RecordCodec.end(source, at);
            }
        }
        return records;
    }

    /** What the records come to: how many, how many bytes, when the last one arrived. */
    private record Sum(int size, long bytes, long lastTimeMillis) {}

    /** Sees records as they lie in the log. */
    public interface Visitor {
        /**
         * The records that follow were put together.
         *
         * @param first the number of the next record; each one after it has the number that {@link
         *     io.millrace.model.SequenceDigits} finds next
         * @param timeMillis when they arrived, in ms since the epoch
         * @param isEncrypted whether their stream was encrypted when they were put
         * @throws IOException if they have nowhere to go
         */
        void batch(SequenceNumber first, long timeMillis, boolean isEncrypted) throws IOException;

        /**
         * A record: its partition key in UTF-8, then its data. To be read by index.
         *
         * @param source where its bytes are, and others'; read-only
         * @param key where its key begins
         * @param data where its key ends and its data begins
         * @param end where its data ends
         * @throws IOException if it has nowhere to go
         */
        void record(ByteBuffer source, int key, int data, int end) throws IOException;
    }
}
