package io.millrace.model;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * An unsigned 128-bit key: where a record falls among the shards of a stream. A record's hash key is the MD5 of its
 * partition key in UTF-8 unless the producer gave an explicit one (Kinesis API, PutRecord).
 *
 * @param high the upper 64 bits, unsigned
 * @param low the lower 64 bits, unsigned
 */
public record HashKey(long high, long low) implements Comparable<HashKey> {
    /** The lowest key, 0. */
    public static final HashKey MIN = new HashKey(0, 0);

    /** The highest key, 2^128 - 1. */
    public static final HashKey MAX = new HashKey(-1, -1);

    /** One MD5 a thread: looking the algorithm up costs more than hashing a key. */
    private static final ThreadLocal<MessageDigest> MD5 = ThreadLocal.withInitial(HashKey::newMd5);

    /** Where {@code partitionKey} routes to. */
    public static HashKey ofPartitionKey(String partitionKey) {
        byte[] digest = MD5.get().digest(partitionKey.getBytes(StandardCharsets.UTF_8));
        ByteBuffer words = ByteBuffer.wrap(digest);
        return new HashKey(words.getLong(), words.getLong());
    }

    /**
     * Reads decimal text as the API writes it.
     *
     * @throws IllegalArgumentException if the text is not a whole number from 0 to 2^128 - 1
     */
    public static HashKey parse(String decimal) {
        if (decimal.isEmpty() || decimal.length() > 39 || !decimal.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("not a hash key (a whole number from 0 to 2^128-1): " + decimal);
        }
        return of(new BigInteger(decimal));
    }

    /**
     * The key of this value.
     *
     * @throws IllegalArgumentException if the value is not in 0 to 2^128 - 1
     */
    public static HashKey of(BigInteger value) {
        if (value.signum() < 0 || value.bitLength() > 128) {
            throw new IllegalArgumentException("not a hash key (a whole number from 0 to 2^128-1): " + value);
        }
        return new HashKey(value.shiftRight(64).longValue(), value.longValue());
    }

    /** The value as a non-negative integer. */
    public BigInteger toBigInteger() {
        return unsigned(high).shiftLeft(64).or(unsigned(low));
    }

    /**
     * The next key up.
     *
     * @throws ArithmeticException if this is {@link #MAX}
     */
    public HashKey next() {
        if (equals(MAX)) {
            throw new ArithmeticException("there is no hash key above 2^128-1");
        }
        return new HashKey(low == -1 ? high + 1 : high, low + 1);
    }

    /**
     * The next key down.
     *
     * @throws ArithmeticException if this is {@link #MIN}
     */
    public HashKey previous() {
        if (equals(MIN)) {
            throw new ArithmeticException("there is no hash key below 0");
        }
        return new HashKey(low == 0 ? high - 1 : high, low - 1);
    }

    @Override
    public int compareTo(HashKey other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    /** Decimal text, as the API writes it. */
    @Override
    public String toString() {
        return toBigInteger().toString();
    }

    private static BigInteger unsigned(long word) {
        BigInteger value = BigInteger.valueOf(word & Long.MAX_VALUE);
        return word < 0 ? value.setBit(63) : value;
    }

    private static MessageDigest newMd5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform must offer MD5", e);
        }
    }
}
