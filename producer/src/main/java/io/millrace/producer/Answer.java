package io.millrace.producer;

import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** The service's answer about one parcel. */
sealed interface Answer {
    /**
     * It is stored.
     *
     * @param shard where
     * @param number at which sequence number
     */
    record Taken(ShardId shard, SequenceNumber number) implements Answer {}

    /**
     * It is not, or perhaps not.
     *
     * @param failure why
     */
    record NotTaken(Failure failure) implements Answer {}

    /**
     * Reads the service's form.
     *
     * @throws IllegalArgumentException if it is none
     */
    static Answer of(PutRecordsResultEntry entry) {
        return entry.errorCode() == null
                ? new Taken(new ShardId(entry.shardId()), SequenceNumber.parse(entry.sequenceNumber()))
                : new NotTaken(Failure.of(entry));
    }
}
