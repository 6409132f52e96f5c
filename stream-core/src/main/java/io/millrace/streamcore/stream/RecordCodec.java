package io.millrace.streamcore.stream;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * The bytes of records in a batch. Each is a 4-byte length of what follows, a byte for the form, a 2-byte length of the
 * partition key in UTF-8, the key, and the data to the end. Number and time are the batch's. The form is 0, or 1 for a
 * record that was put while its stream was encrypted: that is what clients are told of it for as long as it is kept,
 * whatever becomes of the stream. All records of a batch were put together and have one form.
 */
final class RecordCodec {
    private static final int HEAD = 1 + 2;
    /** What a record takes beside key and data. */
    static final int OVERHEAD = 4 + HEAD;

    private static final byte PLAIN = 0;
    private static final byte ENCRYPTED = 1;

    private RecordCodec() {}

    /** The room that a record takes. */
    static int roomFor(NewRecord record) {
        return OVERHEAD + record.size();
    }

    /** How many bytes of keys and data {@code count} records hold that take {@code length} bytes. */
    static long netBytes(int length, int count) {
        return length - (long) OVERHEAD * count;
    }

    /**
     * Writes a record of an encrypted stream, or of another, at {@code at}. Answers where the record ends.
     *
     * @throws IllegalArgumentException if its partition key is no text, with half of a surrogate pair in it
     */
    static int encode(NewRecord record, boolean isEncrypted, ByteBuffer target, int at) {
        byte[] key = record.partitionKey().getBytes(StandardCharsets.UTF_8);
        Bytes data = record.data();
        int end = at + OVERHEAD + key.length + data.size();
        if (end - at != roomFor(record)) {
            throw new IllegalArgumentException("half of a character in a partition key");
        }
        target.putInt(at, HEAD + key.length + data.size());
        target.put(at + 4, isEncrypted ? ENCRYPTED : PLAIN);
        target.putShort(at + 5, (short) key.length);
        target.put(at + OVERHEAD, key);
        target.put(at + OVERHEAD + key.length, data.asByteBuffer(), 0, data.size());
        return end;
    }

    /**
     * Where the record at {@code at} ends.
     *
     * @throws IllegalArgumentException if the bytes are not such a record
     */
    static int end(ByteBuffer source, int at) {
        int room = source.limit() - at;
        if (room < OVERHEAD) {
            throw new IllegalArgumentException("a batch that ends within a record");
        }
        int length = source.getInt(at);
        if (length < HEAD || length > room - 4 || source.get(at + 4) >>> 1 != 0) {
            throw new IllegalArgumentException("not a record of this format");
        }
        if (keyLength(source, at) > length - HEAD) {
            throw new IllegalArgumentException("a partition key longer than its record");
        }
        return at + 4 + length;
    }

    /** True if the record at {@code at} was put while its stream was encrypted. */
    static boolean isEncrypted(ByteBuffer source, int at) {
        return source.get(at + 4) == ENCRYPTED;
    }

    /** How many bytes the partition key of the record at {@code at} has; it begins {@link #OVERHEAD} bytes further on. */
    static int keyLength(ByteBuffer source, int at) {
        return source.getShort(at + 5) & 0xffff;
    }

    /**
     * The record at {@code at}.
     *
     * @throws IllegalArgumentException if the bytes are not such a record
     */
    static StreamRecord decode(ByteBuffer source, int at, SequenceNumber number, Instant arrival) {
        int end = end(source, at);
        byte[] key = new byte[keyLength(source, at)];
        source.get(at + OVERHEAD, key);
        byte[] data = new byte[end - at - OVERHEAD - key.length];
        source.get(end - data.length, data);
        return new StreamRecord(
                RecordPosition.of(number), new String(key, StandardCharsets.UTF_8), Bytes.wrap(data), arrival);
    }
}
