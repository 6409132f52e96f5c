package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;

/**
 * The exact place of a user record: its sequence number and, inside an aggregate, the sub-sequence number.
 *
 * @param sequenceNumber the record's sequence number
 * @param subSequenceNumber its place within the aggregate that carries it, from 0
 */
public record RecordPosition(SequenceNumber sequenceNumber, long subSequenceNumber)
        implements Comparable<RecordPosition> {
    private static final Comparator<RecordPosition> ORDER =
            Comparator.comparing(RecordPosition::sequenceNumber).thenComparingLong(RecordPosition::subSequenceNumber);

    /** Checks the parts. */
    public RecordPosition {
        requireNonNull(sequenceNumber, "sequenceNumber");
        if (subSequenceNumber < 0) {
            throw new IllegalArgumentException("a sub-sequence number is not negative: " + subSequenceNumber);
        }
    }

    /** The position of a plain record. */
    public static RecordPosition of(SequenceNumber sequenceNumber) {
        return new RecordPosition(sequenceNumber, 0);
    }

    /** Above every user record of the stored record of this number, and below the next stored record. */
    public static RecordPosition endOf(SequenceNumber sequenceNumber) {
        return new RecordPosition(sequenceNumber, Long.MAX_VALUE);
    }

    @Override
    public int compareTo(RecordPosition other) {
        return ORDER.compare(this, other);
    }
}
