package io.millrace.model;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A record's place in its shard: a whole number of at most 192 bits, compared as such and written in decimal.
 *
 * <p>Consumers may rely on the order only. The stream core writes numbers in the form that the service's own were
 * observed to have (186 bits, version 2); {@link #of} builds them and {@link Parts} takes them apart. Layout from the
 * top, in hexadecimal digits: {@code 2}, 9 of shard creation seconds, 1 of the shard index' low nibble, 16 of the index
 * within the shard, 2 zeros, 9 of the record's seconds, 8 of the shard index, {@code 2}.
 */
public final class SequenceNumber implements Comparable<SequenceNumber> {
    /** The number 0, below every record. */
    public static final SequenceNumber ZERO = new SequenceNumber(0, 0, 0);

    private static final int MAX_DIGITS = 58;
    /** What fits into a long. */
    private static final int DIGITS_AT_ONCE = 18;

    private static final long EIGHTEEN_ZEROS = 1_000_000_000_000_000_000L;
    private static final long WORD = 0xffffffffL;
    private static final long BILLION = 1_000_000_000;
    /** How many groups of nine digits the highest number has. */
    private static final int NINES = 7;

    private static final long NINE_HEX_DIGITS = (1L << 36) - 1;

    private final long high;
    private final long middle;
    private final long low;

    private SequenceNumber(long high, long middle, long low) {
        this.high = high;
        this.middle = middle;
        this.low = low;
    }

    /**
     * The number of one record, in the service's form.
     *
     * @param createdSeconds when the shard was created, in seconds since the epoch, below 2^36
     * @param shardIndex the shard's index in its stream, not negative
     * @param index the record's index in its shard, not negative; it alone decides the order within the shard
     * @param recordSeconds when the record arrived, in seconds since the epoch, below 2^36
     */
    public static SequenceNumber of(long createdSeconds, int shardIndex, long index, long recordSeconds) {
        if (shardIndex < 0
                || index < 0
                || (createdSeconds & ~NINE_HEX_DIGITS) != 0
                || (recordSeconds & ~NINE_HEX_DIGITS) != 0) {
            throw new IllegalArgumentException("part out of range: created " + createdSeconds + ", shard " + shardIndex
                    + ", index " + index + ", seconds " + recordSeconds);
        }
        // 188 bits from the top: 4 version | 36 created | 4 nibble | 64 index | 8 zero | 36 seconds | 32 shard | 4
        // tail.
        long high = 2L << 56 | createdSeconds << 20 | (long) (shardIndex & 0xf) << 16 | index >>> 48;
        long middle = index << 16 | recordSeconds >>> 28;
        long low = recordSeconds << 36 | (long) shardIndex << 4 | 2L;
        return new SequenceNumber(high, middle, low);
    }

    /**
     * Reads decimal text.
     *
     * @throws IllegalArgumentException if the text is not a whole number below 2^192
     */
    public static SequenceNumber parse(String decimal) {
        int length = decimal.length();
        if (length == 0 || length > MAX_DIGITS) {
            throw new IllegalArgumentException("not a sequence number: " + decimal);
        }
        long high = 0;
        long middle = 0;
        long low = 0;
        for (int from = 0; from < length; ) {
            // The first group is the short one: all others have eighteen digits.
            int end = from == 0 ? (length - 1) % DIGITS_AT_ONCE + 1 : from + DIGITS_AT_ONCE;
            long group = digits(decimal, from, end);
            long carry = unsignedHigh(low, EIGHTEEN_ZEROS);
            low = low * EIGHTEEN_ZEROS + group;
            if (Long.compareUnsigned(low, group) < 0) {
                carry++;
            }
            long carryOn = unsignedHigh(middle, EIGHTEEN_ZEROS);
            middle = middle * EIGHTEEN_ZEROS + carry;
            if (Long.compareUnsigned(middle, carry) < 0) {
                carryOn++;
            }
            long over = unsignedHigh(high, EIGHTEEN_ZEROS);
            high = high * EIGHTEEN_ZEROS + carryOn;
            if (over != 0 || Long.compareUnsigned(high, carryOn) < 0) {
                throw new IllegalArgumentException("not a sequence number (above 2^192): " + decimal);
            }
            from = end;
        }
        return new SequenceNumber(high, middle, low);
    }

    private static long digits(String decimal, int from, int end) {
        long value = 0;
        for (int i = from; i < end; i++) {
            int digit = decimal.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new IllegalArgumentException("not a sequence number: " + decimal);
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** The upper half of the product of a number without sign and a positive one. */
    private static long unsignedHigh(long value, long positive) {
        return Math.multiplyHigh(value, positive) + (value >> 63 & positive);
    }

    /**
     * The number taken apart as the service writes it.
     *
     * @throws IllegalArgumentException if it is not of the service's version 2 form
     */
    public Parts parts() {
        long index = high << 48 | middle >>> 16;
        long recordSeconds = (middle & 0xff) << 28 | low >>> 36;
        int shardIndex = (int) (low >>> 4);
        Parts parts = new Parts(high >>> 20 & NINE_HEX_DIGITS, shardIndex, index, recordSeconds);
        if (shardIndex < 0
                || index < 0
                || !equals(of(parts.createdSeconds, parts.shardIndex, parts.index, parts.recordSeconds))) {
            throw new IllegalArgumentException("not a sequence number of the service's form: " + this);
        }
        return parts;
    }

    /** The value as a non-negative integer. */
    public BigInteger toBigInteger() {
        return new HashKey(0, high).toBigInteger().shiftLeft(128).or(new HashKey(middle, low).toBigInteger());
    }

    @Override
    public int compareTo(SequenceNumber other) {
        int order = Long.compareUnsigned(high, other.high);
        if (order == 0) {
            order = Long.compareUnsigned(middle, other.middle);
        }
        return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SequenceNumber n && high == n.high && middle == n.middle && low == n.low;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(high * 31 * 31 + middle * 31 + low);
    }

    /** Decimal text, as the API writes it. */
    @Override
    public String toString() {
        return new String(digits(), StandardCharsets.ISO_8859_1);
    }

    /**
     * The decimal digits in ASCII. Long division of six 32-bit words by 10^9: several times faster than through a
     * BigInteger, and servers write a number for every record.
     */
    byte[] digits() {
        long[] words = {high >>> 32, high & WORD, middle >>> 32, middle & WORD, low >>> 32, low & WORD};
        byte[] text = new byte[NINES * 9];
        int begin = text.length;
        int first = 0;
        for (int nine = NINES - 1; nine >= 0; nine--) {
            long rest = 0;
            for (int i = first; i < words.length; i++) {
                long part = rest << 32 | words[i];
                words[i] = part / BILLION;
                rest = part - words[i] * BILLION;
            }
            while (first < words.length && words[first] == 0) {
                first++;
            }
            for (int i = nine * 9 + 8; i >= nine * 9; i--) {
                long tenth = rest / 10;
                text[i] = (byte) ('0' + (rest - tenth * 10));
                begin = text[i] == '0' ? begin : i;
                rest = tenth;
            }
        }
        return Arrays.copyOfRange(text, Math.min(begin, text.length - 1), text.length);
    }

    /**
     * What a number of the service's form is made of; see {@link SequenceNumber#of}.
     *
     * @param createdSeconds when the shard was created, in seconds since the epoch
     * @param shardIndex the shard's index in its stream
     * @param index the record's index in its shard
     * @param recordSeconds when the record arrived, in seconds since the epoch
     */
    public record Parts(long createdSeconds, int shardIndex, long index, long recordSeconds) {}
}
