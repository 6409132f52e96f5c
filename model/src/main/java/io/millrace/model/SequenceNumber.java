package io.millrace.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteOrder;
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

    /** How many digits are written for a number at most, the zeros before it among them. */
    public static final int MOST_DIGITS = 63;

    private static final int MAX_DIGITS = 58;
    /** What fits into a long. */
    private static final int DIGITS_AT_ONCE = 16;

    private static final long SIXTEEN_ZEROS = 10_000_000_000_000_000L;
    private static final VarHandle EIGHT_BYTES =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long WORD = 0xffffffffL;
    private static final long BILLION = 1_000_000_000;
    private static final int DIGITS_A_GROUP = 9;

    private static final int[] THREE_DIGITS = threeDigits();

    /** From the middle word of a record's number to that of the next. */
    private static final long INDEX_STEP = 1L << 16;

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
        byte[] digits = decimal.getBytes(StandardCharsets.US_ASCII);
        return parse(digits, 0, digits.length);
    }

    /**
     * Reads decimal text in ASCII: the bytes of {@code text} from {@code from} to before {@code end}. Readers parse a number for
     * every record, so eight digits are taken at once.
     *
     * @throws IllegalArgumentException if the text is not a whole number below 2^192
     */
    public static SequenceNumber parse(byte[] text, int from, int end) {
        int length = end - from;
        if (length <= 0 || length > MAX_DIGITS) {
            throw notANumber("", text, from, end);
        }
        long high = 0;
        long middle = 0;
        long low = 0;
        // The first group is the short one: all others have sixteen digits.
        int next = from + (length - 1) % DIGITS_AT_ONCE + 1;
        for (int at = from; at < end; at = next, next += DIGITS_AT_ONCE) {
            long group = digits(text, at, next);
            if (group < 0) {
                throw notANumber("", text, from, end);
            }
            long carry = unsignedHigh(low, SIXTEEN_ZEROS);
            low = low * SIXTEEN_ZEROS + group;
            if (Long.compareUnsigned(low, group) < 0) {
                carry++;
            }
            long carryOn = unsignedHigh(middle, SIXTEEN_ZEROS);
            middle = middle * SIXTEEN_ZEROS + carry;
            if (Long.compareUnsigned(middle, carry) < 0) {
                carryOn++;
            }
            long over = unsignedHigh(high, SIXTEEN_ZEROS);
            high = high * SIXTEEN_ZEROS + carryOn;
            if (over != 0 || Long.compareUnsigned(high, carryOn) < 0) {
                throw notANumber(" (above 2^192)", text, from, end);
            }
        }
        return new SequenceNumber(high, middle, low);
    }

    private static IllegalArgumentException notANumber(String why, byte[] text, int from, int end) {
        return new IllegalArgumentException("not a sequence number" + why + ": "
                + new String(text, from, Math.max(0, end - from), StandardCharsets.US_ASCII));
    }

    /** The value of at most sixteen digits; negative if something else is among them. */
    private static long digits(byte[] text, int from, int end) {
        long value = 0;
        int at = from;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            long eight = eightDigits((long) EIGHT_BYTES.get(text, at));
            if (eight < 0) {
                return -1;
            }
            value = value * 100_000_000 + eight;
        }
        for (; at < end; at++) {
            int digit = text[at] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** The value of eight digits, the first in the lowest byte: pairs, then fours, then all; negative if one is no digit. */
    private static long eightDigits(long text) {
        long zeros = 0x3030303030303030L;
        // A digit's byte is 0x30 to 0x39: its upper half is a 3, and still is with 6 added.
        long upper = text & 0xf0f0f0f0f0f0f0f0L;
        if (upper != zeros || ((text + 0x0606060606060606L) & 0xf0f0f0f0f0f0f0f0L) != zeros) {
            return -1;
        }
        long digits = text - zeros;
        long pairs = digits * 10 + (digits >>> 8);
        long low = (pairs & 0x000000ff000000ffL) * 0x000f424000000064L;
        long high = ((pairs >>> 16) & 0x000000ff000000ffL) * 0x0000271000000001L;
        return (low + high) >>> 32;
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
        return new String(toAscii(), StandardCharsets.ISO_8859_1);
    }

    /** True if this is the number of the record right behind that of {@code before}, as the stream core numbers those of one second. */
    public boolean isNextAfter(SequenceNumber before) {
        long next = before.middle + INDEX_STEP;
        return low == before.low
                && middle == next
                && high == before.high + (Long.compareUnsigned(next, before.middle) < 0 ? 1 : 0);
    }

    /** The decimal digits in ASCII, in an array of the caller's own. */
    public byte[] toAscii() {
        byte[] text = new byte[MOST_DIGITS];
        return Arrays.copyOf(text, toAscii(text, 0));
    }

    /**
     * Writes the decimal digits in ASCII to {@code target} from {@code at} on, which must have room for {@value #MOST_DIGITS}; what
     * is left of that is of no account. Long division of six 32-bit words by 10^9: several times faster than through a BigInteger,
     * and servers write a number for every record.
     *
     * @return how many digits there are
     */
    public int toAscii(byte[] target, int at) {
        long[] words = {high >>> 32, high & WORD, middle >>> 32, middle & WORD, low >>> 32, low & WORD};
        int end = at + MOST_DIGITS;
        int first = 0;
        for (int group = end - DIGITS_A_GROUP; group >= at; group -= DIGITS_A_GROUP) {
            long rest = 0;
            for (int i = first; i < words.length; i++) {
                long part = rest << 32 | words[i];
                words[i] = part / BILLION;
                rest = part - words[i] * BILLION;
            }
            while (first < words.length && words[first] == 0) {
                first++;
            }
            int nine = (int) rest;
            for (int three = group + 6; three >= group; three -= 3) {
                int digits = THREE_DIGITS[nine % 1_000];
                nine /= 1_000;
                target[three] = (byte) (digits >> 16);
                target[three + 1] = (byte) (digits >> 8);
                target[three + 2] = (byte) digits;
            }
        }
        int begin = at;
        while (begin < end - 1 && target[begin] == '0') {
            begin++;
        }
        System.arraycopy(target, begin, target, at, end - begin);
        return end - begin;
    }

    /** The three digits of each number below 1,000, a byte each. */
    private static int[] threeDigits() {
        int[] all = new int[1_000];
        for (int i = 0; i < all.length; i++) {
            all[i] = ('0' + i / 100) << 16 | ('0' + i / 10 % 10) << 8 | ('0' + i % 10);
        }
        return all;
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
