package io.millrace.producer;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.aggregate.AggregateWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a request: a record by itself, or an aggregate.
 *
 * @param route the shard that it is for
 * @param records the records in it, in order
 * @param data the stored record's data
 */
record Parcel(Route route, List<Pending> records, Bytes data) {
    boolean isAggregate() {
        return records.size() > 1;
    }

    String partitionKey() {
        return isAggregate()
                ? AggregateWriter.PARTITION_KEY
                : records.get(0).record().partitionKey();
    }

    /** An aggregate goes where its first record goes. */
    @Nullable
    HashKey explicitHashKey() {
        Pending first = records.get(0);
        return isAggregate() ? first.hashKey() : first.explicitHashKey();
    }

    /** How much of a request it takes, in bytes; characters of keys count for as many as they may have in UTF-8. */
    int size() {
        return size(partitionKey(), data);
    }

    static int size(String partitionKey, Bytes data) {
        return data.size() + 3 * partitionKey.length();
    }
}
