package io.millrace.multilang.line;

import io.millrace.model.SequenceDigits;
import io.millrace.model.SequenceNumber;
import org.jspecify.annotations.Nullable;

/**
 * Writes the sequence numbers of one record after the other as decimal text. Those of records that follow one another are counted
 * on in decimal, without a division. Belongs to one thread at a time.
 */
public final class NumberTexts {
    /** The room that a number needs, though it may have fewer digits. */
    public static final int MOST_DIGITS = SequenceNumber.MOST_DIGITS;

    private @Nullable SequenceNumber last;

    /** The digits of the last number; absent unless it followed the one before it. */
    private @Nullable SequenceDigits digits;

    /** Texts of numbers. */
    public NumberTexts() {}

    /**
     * Writes {@code number} to {@code target} from {@code at} on.
     *
     * @return how many digits it has
     */
    public int write(SequenceNumber number, byte[] target, int at) {
        SequenceNumber before = last;
        last = number;
        SequenceDigits counted = digits;
        digits = null;
        if (before == null || !number.isNextAfter(before)) {
            return number.toAscii(target, at);
        }
        if (counted == null) {
            int length = number.toAscii(target, at);
            digits = length == SequenceDigits.LENGTH ? new SequenceDigits(number) : null;
            return length;
        }
        counted.next();
        counted.copyTo(target, at);
        digits = counted;
        return SequenceDigits.LENGTH;
    }
}
