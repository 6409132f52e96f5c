package io.millrace.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The decimal text of the numbers of records that follow one another, one after the other, without arithmetic on big
 * integers: the next record's number is 2^80 higher (see {@link SequenceNumber}), and adding that to digits is a few
 * instructions. Belongs to one thread.
 */
public final class SequenceDigits {
    /** How many digits every number of the service's form has. */
    public static final int LENGTH = 56;

    private static final int DIGITS_A_WORD = 8;
    private static final int WORDS = LENGTH / DIGITS_A_WORD;
    private static final VarHandle BIG_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final long ASCII_ZEROS = 0x3030303030303030L;
    private static final long TOP_BITS = 0x8080808080808080L;
    /** Added to each digit, so that a sum of ten or more carries over into the next byte as it would in decimal. */
    private static final int BIAS = 0xf6;

    private static final long BIASES = 0xf6f6f6f6f6f6f6f6L;
    /** 2^80 is 1,208,925,819,614,629,174,706,176; its digits, eight a word, each with the bias. */
    private static final long[] STEP = {
        BIASES,
        BIASES,
        BIASES,
        BIASES + 0x01L,
        BIASES + 0x0200080902050801L,
        BIASES + 0x0906010406020901L,
        BIASES + 0x0704070006010706L
    };

    /** The digits, eight a word, one a byte, the highest first. */
    private final long[] words = new long[WORDS];

    /**
     * The digits of {@code first}.
     *
     * @throws IllegalArgumentException if it does not have as many as numbers of the service's form do
     */
    public SequenceDigits(SequenceNumber first) {
        byte[] text = first.toAscii();
        if (text.length != LENGTH) {
            throw new IllegalArgumentException("not a sequence number of the service's form: " + first);
        }
        for (int i = 0; i < WORDS; i++) {
            words[i] = (long) BIG_ENDIAN.get(text, i * DIGITS_A_WORD) ^ ASCII_ZEROS;
        }
    }

    /** Goes on to the next record's number. */
    public void next() {
        int carry = 0;
        for (int i = WORDS - 1; i >= 0; i--) {
            long addend = STEP[i] + carry;
            long sum = words[i] + addend;
            carry = Long.compareUnsigned(sum, addend) < 0 ? 1 : 0;
            // A byte that did not carry still has the bias in it, and only then its top bit.
            words[i] = sum - ((sum & TOP_BITS) >>> 7) * BIAS;
        }
    }

    /** Writes the {@value #LENGTH} digits as ASCII. */
    public void copyTo(byte[] target, int at) {
        for (int i = 0; i < WORDS; i++) {
            BIG_ENDIAN.set(target, at + i * DIGITS_A_WORD, words[i] | ASCII_ZEROS);
        }
    }
}
