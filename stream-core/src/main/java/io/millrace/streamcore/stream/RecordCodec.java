package io.millrace.streamcore.stream;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.log.LogBatch;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * The bytes of records in a batch. Each is a 4-byte length of what follows, a byte for the form (0), a 2-byte length of
 * the partition key in UTF-8, the key, and the data to the end. Number and time are the batch's.
 */
final class RecordCodec {
    private static final int HEAD = 1 + 2;
    /** What a record takes beside key and data. */
    private static final int OVERHEAD = 4 + HEAD;
    /** The most bytes of UTF-8 that one UTF-16 unit becomes. */
    private static final int UTF8_PER_CHAR = 3;

    private static final byte PLAIN = 0;

    private RecordCodec() {}

    /** Room enough for a record. */
    static int roomFor(NewRecord record) {
        return OVERHEAD
                + record.partitionKey().length() * UTF8_PER_CHAR
                + record.data().size();
    }

    /** How many bytes of keys and data {@code count} records hold that take {@code length} bytes. */
    static long netBytes(int length, int count) {
        return length - (long) OVERHEAD * count;
    }

    /** Writes a record at {@code at}. Answers where the record ends. */
    static int encode(NewRecord record, ByteBuffer target, int at) {
        byte[] key = record.partitionKey().getBytes(StandardCharsets.UTF_8);
        Bytes data = record.data();
        target.putInt(at, HEAD + key.length + data.size());
        target.put(at + 4, PLAIN);
        target.putShort(at + 5, (short) key.length);
        target.put(at + OVERHEAD, key);
        target.put(at + OVERHEAD + key.length, data.asByteBuffer(), 0, data.size());
        return at + OVERHEAD + key.length + data.size();
    }

    /**
     * Adds a batch's records to {@code records}, from index {@code from} on, while both bounds allow; the first record of
     * an answer is always taken.
     *
     * @return how many bytes of {@code maxBytes} are left; negative once a record did not fit
     * @throws IllegalArgumentException if the bytes are not such records
     */
    static int decode(
            LogBatch batch, ShardEntry shard, long from, List<StreamRecord> records, int maxRecords, int maxBytes) {
        ByteBuffer source = batch.payload();
        Instant arrival = Instant.ofEpochMilli(batch.timeMillis());
        int left = maxBytes;
        try {
            for (long index = batch.firstIndex(); index < batch.endIndex() && records.size() < maxRecords; index++) {
                int length = source.getInt();
                int end = source.position() + length;
                if (length < HEAD || length > source.remaining() || source.get() != PLAIN) {
                    throw new IllegalArgumentException("not a record of this format");
                }
                if (index >= from) {
                    left -= length - HEAD;
                    if (left < 0 && !records.isEmpty()) {
                        return left;
                    }
                    records.add(record(source, end, shard, index, batch.timeMillis(), arrival));
                }
                source.position(end);
            }
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a batch that ends within a record", e);
        }
        return left;
    }

    private static StreamRecord record(
            ByteBuffer source, int end, ShardEntry shard, long index, long timeMillis, Instant arrival) {
        byte[] key = new byte[source.getShort() & 0xffff];
        if (key.length > end - source.position()) {
            throw new IllegalArgumentException("a partition key longer than its record");
        }
        source.get(key);
        byte[] data = new byte[end - source.position()];
        source.get(data);
        return new StreamRecord(
                RecordPosition.of(shard.sequenceNumber(index, timeMillis)),
                new String(key, StandardCharsets.UTF_8),
                Bytes.wrap(data),
                arrival);
    }
}
