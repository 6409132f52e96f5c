package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * One record as a consumer receives it.
 *
 * @param position where in its shard the record stands
 * @param partitionKey the producer's key, 1 to 256 characters; records of one key keep their order
 * @param data the payload
 * @param arrival when the stream took the record, roughly
 */
public record StreamRecord(RecordPosition position, String partitionKey, Bytes data, Instant arrival) {
    /** Checks the parts. */
    public StreamRecord {
        requireNonNull(position, "position");
        requireNonNull(partitionKey, "partitionKey");
        requireNonNull(data, "data");
        requireNonNull(arrival, "arrival");
    }

    /** The record's sequence number. */
    public SequenceNumber sequenceNumber() {
        return position.sequenceNumber();
    }

    /** The record's place within its aggregate, 0 for a plain record. */
    public long subSequenceNumber() {
        return position.subSequenceNumber();
    }
}
