package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import org.jspecify.annotations.Nullable;

/**
 * A record as a producer hands it in.
 *
 * @param partitionKey 1 to 256 characters
 * @param explicitHashKeyOrNull routes the record instead of the partition key's MD5
 * @param data the payload
 */
public record NewRecord(String partitionKey, @Nullable HashKey explicitHashKeyOrNull, Bytes data) {
    /** Checks the parts. */
    public NewRecord {
        requireNonNull(partitionKey, "partitionKey");
        requireNonNull(data, "data");
    }

    /** Where the record routes to. */
    public HashKey hashKey() {
        return explicitHashKeyOrNull != null ? explicitHashKeyOrNull : HashKey.ofPartitionKey(partitionKey);
    }
}
