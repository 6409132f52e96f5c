package io.millrace.model;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The records in which the Kinesis Producer Library stores many: four magic bytes, a Protocol Buffers message whose field 3
 * is repeated once for each user record, and the sixteen bytes of its MD5. The format is published with that library.
 * Stateless.
 */
public final class Aggregation {
    private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
    private static final int DIGEST_BYTES = 16;
    private static final int RECORDS_FIELD = 3;

    private Aggregation() {}

    /** How many user records {@code stored} carries; empty if it is a plain record, whatever its first bytes. */
    public static OptionalInt count(Bytes stored) {
        byte[] bytes = stored.toByteArray();
        int end = bytes.length - DIGEST_BYTES;
        boolean isMarked = end >= MAGIC.length && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
        if (!isMarked || !Arrays.equals(bytes, end, bytes.length, md5(bytes, end), 0, DIGEST_BYTES)) {
            return OptionalInt.empty();
        }
        return countIn(ByteBuffer.wrap(bytes, MAGIC.length, end - MAGIC.length));
    }

    private static OptionalInt countIn(ByteBuffer message) {
        int count = 0;
        while (message.hasRemaining()) {
            long tag = varint(message);
            // Every field of the message is a text or a message of its own: a length, and as many bytes.
            long length = (tag & 7) == 2 ? varint(message) : -1;
            if (length < 0 || length > message.remaining()) {
                return OptionalInt.empty();
            }
            message.position(message.position() + (int) length);
            count += tag >> 3 == RECORDS_FIELD ? 1 : 0;
        }
        return OptionalInt.of(count);
    }

    /** The next number, or -1 if the message ends within it. */
    private static long varint(ByteBuffer message) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE && message.hasRemaining(); shift += 7) {
            byte next = message.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        return -1;
    }

    private static byte[] md5(byte[] bytes, int end) {
        try {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            digest.update(bytes, MAGIC.length, end - MAGIC.length);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has MD5", e);
        }
    }
}
