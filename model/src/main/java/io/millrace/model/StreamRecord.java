package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One record as a consumer receives it.
 *
 * @param position where in its shard the record stands
 * @param partitionKey the producer's key, 1 to 256 characters; records of one key keep their order
 * @param data the payload
 * @param arrival when the stream took the record, roughly
 * @param explicitHashKeyOrNull the hash key that the producer gave instead of that of the partition key; known of records
 *     that came in an aggregate only, as the service does not tell it
 */
public record StreamRecord(
        RecordPosition position,
        String partitionKey,
        Bytes data,
        Instant arrival,
        @Nullable HashKey explicitHashKeyOrNull) {
    /** Checks the parts. */
    public StreamRecord {
        requireNonNull(position, "position");
        requireNonNull(partitionKey, "partitionKey");
        requireNonNull(data, "data");
        requireNonNull(arrival, "arrival");
    }

    /** A record of which no explicit hash key is known. */
    public StreamRecord(RecordPosition position, String partitionKey, Bytes data, Instant arrival) {
        this(position, partitionKey, data, arrival, null);
    }

    /** The hash key that the producer gave, where it is known. */
    public Optional<HashKey> explicitHashKey() {
        return Optional.ofNullable(explicitHashKeyOrNull);
    }

    /** The record's sequence number. */
    public SequenceNumber sequenceNumber() {
        return position.sequenceNumber();
    }

    /**
     * The record's place within its aggregate, from 0; 0 for a plain record. An aggregate that is handed out whole stands at
     * the place of its last user record.
     */
    public long subSequenceNumber() {
        return position.subSequenceNumber();
    }
}
