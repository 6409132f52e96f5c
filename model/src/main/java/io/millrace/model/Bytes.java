package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * An immutable run of bytes with value equality. {@code toString} tells the size only, so that payloads cannot slip into
 * logs.
 */
public final class Bytes {
    private static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;

    private Bytes(byte[] array) {
        this.array = array;
    }

    /** No bytes at all. */
    public static Bytes empty() {
        return EMPTY;
    }

    /** A copy of {@code bytes}. */
    public static Bytes copyOf(byte[] bytes) {
        return bytes.length == 0 ? EMPTY : new Bytes(bytes.clone());
    }

    /** A copy of what remains in {@code buffer}, whose position does not move. */
    public static Bytes copyOf(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return wrap(copy);
    }

    /** Takes {@code bytes} over without a copy: the caller must never write to the array again. */
    public static Bytes wrap(byte[] bytes) {
        requireNonNull(bytes, "bytes");
        return bytes.length == 0 ? EMPTY : new Bytes(bytes);
    }

    /** The UTF-8 form of {@code text}. */
    public static Bytes utf8(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The number of bytes. */
    public int size() {
        return array.length;
    }

    /** True when there are no bytes. */
    public boolean isEmpty() {
        return array.length == 0;
    }

    /** True when these bytes begin with {@code prefix}; no copy is made. */
    public boolean startsWith(Bytes prefix) {
        int length = prefix.array.length;
        if (length == 0 || length > array.length) {
            return length == 0;
        }
        // Most differ in the first byte, which is cheaper to see than a run is to compare.
        return array[0] == prefix.array[0] && Arrays.equals(array, 0, length, prefix.array, 0, length);
    }

    /** A fresh copy that the caller owns. */
    public byte[] toByteArray() {
        return array.clone();
    }

    /** A read-only view; no copy is made. */
    public ByteBuffer asByteBuffer() {
        return ByteBuffer.wrap(array).asReadOnlyBuffer();
    }

    /** Copies all bytes into {@code target} from {@code offset} on. */
    public void copyTo(byte[] target, int offset) {
        System.arraycopy(array, 0, target, offset, array.length);
    }

    /** How many characters {@link #base64To} writes. */
    public int base64Size() {
        return (array.length + 2) / 3 * 4;
    }

    /**
     * Writes all bytes in base64, with padding and without line ends, to the beginning of {@code target}; no copy of the bytes is made.
     *
     * @return how many characters were written
     * @throws IllegalArgumentException if {@code target} is too short
     */
    public int base64To(byte[] target) {
        return Base64.getEncoder().encode(array, target);
    }

    /** The bytes read as UTF-8; malformed input becomes replacement characters. */
    public String toUtf8() {
        return new String(array, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    @Override
    public String toString() {
        return "Bytes[" + array.length + "]";
    }
}
