package io.millrace.model.aggregate;

import static java.util.Objects.requireNonNull;

import io.millrace.model.HashKeyRange;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two ways with aggregates of the Kinesis Producer Library: stored records that hold many user records. A stored record
 * that only looks like an aggregate, or is damaged, is a plain record. Safe for any thread.
 */
public enum Aggregates {
    /**
     * The user records come one by one, each with its own partition key, with the explicit hash key if its producer gave one,
     * with the aggregate's sequence number and arrival, and with its index in the aggregate as sub-sequence number.
     *
     * <p>A user record whose hash key lies outside the shard's range is left out: a reshard brought its aggregate here, and the
     * library puts that record once more, where it belongs. The others keep their index.
     */
    SPLIT {
        @Override
        void add(StreamRecord stored, AggregateMessage message, HashKeyRange hashKeys, List<StreamRecord> to) {
            message.addUserRecords(stored, hashKeys, to);
        }
    },

    /**
     * Stored records come as they are, for processors that take aggregates apart themselves. An aggregate stands at the position
     * of its last user record: its checkpoint says that all of it is processed, to workers that split as well.
     */
    RAW {
        @Override
        void add(StreamRecord stored, AggregateMessage message, HashKeyRange hashKeys, List<StreamRecord> to) {
            RecordPosition last = new RecordPosition(stored.sequenceNumber(), Math.max(0, message.size() - 1));
            to.add(new StreamRecord(last, stored.partitionKey(), stored.data(), stored.arrival()));
        }
    };

    /**
     * The records that the users of a shard get.
     *
     * @param stored consecutive stored records of the shard, in order
     * @param hashKeys the hash keys that the shard takes
     * @return in order; {@code stored} itself if no aggregate is among them; maybe none
     */
    public List<StreamRecord> in(List<StreamRecord> stored, HashKeyRange hashKeys) {
        requireNonNull(hashKeys, "hashKeys");
        List<StreamRecord> records = null;
        for (int i = 0; i < stored.size(); i++) {
            StreamRecord record = stored.get(i);
            @Nullable AggregateMessage message = AggregateMessage.in(record.data());
            if (message != null) {
                if (records == null) {
                    records = new ArrayList<>(stored.subList(0, i));
                }
                add(record, message, hashKeys, records);
            } else if (records != null) {
                records.add(record);
            }
        }
        return records == null ? stored : records;
    }

    abstract void add(StreamRecord stored, AggregateMessage message, HashKeyRange hashKeys, List<StreamRecord> to);
}
