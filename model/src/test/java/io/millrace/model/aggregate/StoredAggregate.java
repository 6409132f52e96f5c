package io.millrace.model.aggregate;

import io.millrace.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes aggregates byte by byte as the library's page on its format has it; shares nothing with the code that reads them. */
public final class StoredAggregate {
    private final List<String> keys = new ArrayList<>();
    private final List<String> explicitKeys = new ArrayList<>();
    private final ByteArrayOutputStream records = new ByteArrayOutputStream();

    /** Adds a user record. */
    public StoredAggregate add(String key, String data) {
        return add(key, null, data);
    }

    /** Adds a user record with an explicit hash key. */
    public StoredAggregate add(String key, @Nullable String explicitKey, String data) {
        ByteArrayOutputStream record = new ByteArrayOutputStream();
        number(record, 1, indexIn(keys, key));
        if (explicitKey != null) {
            number(record, 2, indexIn(explicitKeys, explicitKey));
        }
        bytes(record, 3, data.getBytes(StandardCharsets.UTF_8));
        bytes(records, 3, record.toByteArray());
        return this;
    }

    /** The stored record's bytes. */
    public Bytes stored() {
        return sealed(message());
    }

    byte[] message() {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        keys.forEach(key -> bytes(message, 1, key.getBytes(StandardCharsets.UTF_8)));
        explicitKeys.forEach(key -> bytes(message, 2, key.getBytes(StandardCharsets.UTF_8)));
        message.writeBytes(records.toByteArray());
        return message.toByteArray();
    }

    /** Any message between the mark and its right digest. */
    static Bytes sealed(byte[] message) {
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        stored.writeBytes(new byte[] {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2});
        stored.writeBytes(message);
        try {
            stored.writeBytes(MessageDigest.getInstance("MD5").digest(message));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        return Bytes.wrap(stored.toByteArray());
    }

    static void number(ByteArrayOutputStream to, int field, long value) {
        varint(to, (long) field << 3);
        varint(to, value);
    }

    static void bytes(ByteArrayOutputStream to, int field, byte[] value) {
        varint(to, ((long) field << 3) | 2);
        varint(to, value.length);
        to.writeBytes(value);
    }

    static void varint(ByteArrayOutputStream to, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            to.write((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        to.write((int) rest);
    }

    private static int indexIn(List<String> table, String text) {
        if (!table.contains(text)) {
            table.add(text);
        }
        return table.indexOf(text);
    }
}
