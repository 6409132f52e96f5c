package io.millrace.model.aggregate;

import io.millrace.model.Bytes;
import java.util.Arrays;

/** Writes one Protocol Buffers message, field by field, into bytes that grow. Belongs to one thread. */
final class MessageWriter {
    private static final int NUMBER = 0;
    private static final int BYTES = 2;

    private byte[] array;
    private int size;

    MessageWriter(int expected) {
        array = new byte[expected];
    }

    /** How many bytes a field with {@code value} takes; its number is below 16. */
    static int sizeOfNumber(int value) {
        return 1 + sizeOf(value);
    }

    /** How many bytes a field with {@code length} bytes takes; its number is below 16. */
    static int sizeOfBytes(int length) {
        return 1 + sizeOf(length) + length;
    }

    int size() {
        return size;
    }

    void number(int field, int value) {
        makeRoom(1 + 5);
        array[size++] = (byte) ((field << 3) | NUMBER);
        varint(value);
    }

    void bytes(int field, byte[] value) {
        beginBytes(field, value.length);
        makeRoom(value.length);
        System.arraycopy(value, 0, array, size, value.length);
        size += value.length;
    }

    void bytes(int field, Bytes value) {
        beginBytes(field, value.size());
        makeRoom(value.size());
        value.copyTo(array, size);
        size += value.size();
    }

    /** Begins a field of {@code length} bytes, which the caller writes next: a message within this one. */
    void beginBytes(int field, int length) {
        makeRoom(1 + 5);
        array[size++] = (byte) ((field << 3) | BYTES);
        varint(length);
    }

    void copyTo(byte[] target, int offset) {
        System.arraycopy(array, 0, target, offset, size);
    }

    void clear() {
        size = 0;
    }

    private void varint(int value) {
        int rest = value;
        while (rest > 0x7F) {
            array[size++] = (byte) ((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        array[size++] = (byte) rest;
    }

    private static int sizeOf(int value) {
        return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
    }

    private void makeRoom(int bytes) {
        if (array.length - size < bytes) {
            array = Arrays.copyOf(array, Math.max(2 * array.length, size + bytes));
        }
    }
}
