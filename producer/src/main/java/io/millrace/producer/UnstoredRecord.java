package io.millrace.producer;

import static java.util.Objects.requireNonNull;

/**
 * A record that a producer that is closed leaves behind; {@link Producer#close(java.time.Duration)}.
 *
 * @param record the record as it was sent
 * @param reason why it is not stored, or not known to be; its future fails with the same
 */
public record UnstoredRecord(OutgoingRecord record, SendException reason) {
    /** Checks that both are there. */
    public UnstoredRecord {
        requireNonNull(record, "record");
        requireNonNull(reason, "reason");
    }
}
