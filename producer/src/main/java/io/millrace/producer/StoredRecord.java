package io.millrace.producer;

import static java.util.Objects.requireNonNull;

import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;

/**
 * The place at which the stream keeps a record; a worker delivers it at the same one.
 *
 * @param shard the shard
 * @param position the place in the shard: a sequence number, which the records of an aggregate share, and the place within the
 *     aggregate from 0, which is 0 for a record by itself
 */
public record StoredRecord(ShardId shard, RecordPosition position) {
    /** Checks that both are there. */
    public StoredRecord {
        requireNonNull(shard, "shard");
        requireNonNull(position, "position");
    }

    /** The sequence number, which records of the same aggregate share. */
    public SequenceNumber sequenceNumber() {
        return position.sequenceNumber();
    }
}
