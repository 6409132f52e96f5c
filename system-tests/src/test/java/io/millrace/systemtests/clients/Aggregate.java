package io.millrace.systemtests.clients;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the Kinesis Producer Library makes of many small records: four magic bytes, a Protocol Buffers message with a table
 * of partition keys (field 1), a table of hash keys (field 2) and the records (field 3), and sixteen bytes of MD5.
 */
final class Aggregate {
    private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
    private static final int DIGEST_BYTES = 16;

    private final List<String> keys = new ArrayList<>();
    private final List<UserRecord> records = new ArrayList<>();

    private Aggregate() {}

    /** One record as its producer gave it. */
    record UserRecord(String key, String data) {}

    /** The records in a stored record; the stored record itself if it is no aggregate. */
    static List<UserRecord> recordsOf(String key, byte[] stored) {
        if (stored.length < MAGIC.length + DIGEST_BYTES || !Arrays.equals(MAGIC, Arrays.copyOf(stored, MAGIC.length))) {
            return List.of(new UserRecord(key, new String(stored, StandardCharsets.UTF_8)));
        }
        Aggregate aggregate = new Aggregate();
        aggregate.read(ByteBuffer.wrap(stored, MAGIC.length, stored.length - MAGIC.length - DIGEST_BYTES));
        return aggregate.records;
    }

    /** A stored record that holds these data, all of one key. */
    static byte[] of(String key, List<String> data) throws NoSuchAlgorithmException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        write(message, 1, key.getBytes(StandardCharsets.UTF_8));
        for (String each : data) {
            ByteArrayOutputStream record = new ByteArrayOutputStream();
            // The first of the keys.
            record.writeBytes(new byte[] {1 << 3, 0});
            write(record, 3, each.getBytes(StandardCharsets.UTF_8));
            write(message, 3, record.toByteArray());
        }
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        stored.writeBytes(MAGIC);
        stored.writeBytes(message.toByteArray());
        stored.writeBytes(MessageDigest.getInstance("MD5").digest(message.toByteArray()));
        return stored.toByteArray();
    }

    /** A field of less than 128 bytes. */
    private static void write(ByteArrayOutputStream message, int field, byte[] value) {
        message.write(field << 3 | 2);
        message.write(value.length);
        message.writeBytes(value);
    }

    private void read(ByteBuffer message) {
        while (message.hasRemaining()) {
            int field = (int) varint(message) >> 3;
            ByteBuffer value = bytes(message);
            if (field == 1) {
                keys.add(StandardCharsets.UTF_8.decode(value).toString());
            } else if (field == 3) {
                readRecord(value);
            }
        }
    }

    private void readRecord(ByteBuffer message) {
        String key = "";
        String data = "";
        while (message.hasRemaining()) {
            int tag = (int) varint(message);
            boolean isNumber = (tag & 7) == 0;
            if (tag >> 3 == 1) {
                key = keys.get((int) varint(message));
            } else if (tag >> 3 == 3) {
                data = StandardCharsets.UTF_8.decode(bytes(message)).toString();
            } else if (isNumber) {
                varint(message);
            } else {
                bytes(message);
            }
        }
        records.add(new UserRecord(key, data));
    }

    private static ByteBuffer bytes(ByteBuffer message) {
        int length = (int) varint(message);
        ByteBuffer value = message.slice(message.position(), length);
        message.position(message.position() + length);
        return value;
    }

    private static long varint(ByteBuffer message) {
        long value = 0;
        int shift = 0;
        byte next = message.get();
        while (next < 0) {
            value |= (long) (next & 0x7F) << shift;
            shift += 7;
            next = message.get();
        }
        return value | (long) next << shift;
    }
}
