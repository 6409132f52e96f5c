package io.millrace.streamcore.api.shape;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;

/**
 * Gathers short pieces of an answer in one array before they go to their destination, so that a piece costs a copy and no
 * more. Belongs to the thread that writes; what is written arrives once it is flushed.
 */
public final class ByteSink {
    /** Fits a processor's first cache, with what is copied into it. */
    private static final int CAPACITY = 16 << 10;

    /** Fits most answers; only a longer one grows. */
    private static final int FIRST = 512;

    private static final int BLOCK = 3 << 10;
    private static final byte[] NOTHING = new byte[0];
    private static final Base64.Encoder BASE64 = Base64.getEncoder();

    private final OutputStream destination;
    private byte[] array = new byte[FIRST];
    private byte[] encoded = NOTHING;
    private int size;

    /** A sink that empties itself into {@code destination}. */
    public ByteSink(OutputStream destination) {
        this.destination = requireNonNull(destination, "destination");
    }

    /** Writes all of {@code piece}. */
    public void write(byte[] piece) throws IOException {
        room(Math.min(piece.length, CAPACITY));
        if (piece.length > CAPACITY) {
            flush();
            destination.write(piece);
            return;
        }
        System.arraycopy(piece, 0, array, size, piece.length);
        size += piece.length;
    }

    /** Writes one byte. */
    public void write(int value) throws IOException {
        room(1);
        array[size++] = (byte) value;
    }

    /** Writes a number of that many bytes, the highest first. */
    public void writeNumber(long value, int bytes) throws IOException {
        room(bytes);
        for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
            array[size++] = (byte) (value >>> shift);
        }
    }

    /** Writes the bytes of {@code source} from {@code from} to {@code end}. */
    public void write(ByteBuffer source, int from, int end) throws IOException {
        int at = from;
        while (at < end) {
            room(Math.min(end - at, CAPACITY / 4));
            int piece = Math.min(end - at, array.length - size);
            source.get(at, array, size, piece);
            size += piece;
            at += piece;
        }
    }

    /** Writes the bytes of {@code source} from {@code from} to {@code end} in base64. */
    public void writeBase64(ByteBuffer source, int from, int end) throws IOException {
        if (encoded.length == 0) {
            encoded = new byte[BLOCK / 3 * 4];
        }
        int at = from;
        while (at < end) {
            byte[] block = new byte[Math.min(end - at, BLOCK)];
            source.get(at, block);
            int length = BASE64.encode(block, encoded);
            room(length);
            System.arraycopy(encoded, 0, array, size, length);
            size += length;
            at += block.length;
        }
    }

    /** Reserves {@code bytes}, at most a KiB, for whoever fills them; answers where in {@link #array} they begin. */
    public int reserve(int bytes) throws IOException {
        room(bytes);
        int at = size;
        size += bytes;
        return at;
    }

    /** Where the bytes are that were reserved last. */
    public byte[] array() {
        return array;
    }

    /** Hands everything on. */
    public void flush() throws IOException {
        destination.write(array, 0, size);
        size = 0;
    }

    private void room(int bytes) throws IOException {
        if (bytes > array.length - size) {
            if (array.length < CAPACITY) {
                array = Arrays.copyOf(array, CAPACITY);
            }
            if (bytes > array.length - size) {
                flush();
            }
        }
    }
}
