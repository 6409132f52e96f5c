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

    /** What counts against limits, in bytes: the data and the partition key in UTF-8. */
    public int size() {
        int keyBytes = 0;
        for (int i = 0; i < partitionKey.length(); i++) {
            char unit = partitionKey.charAt(i);
            // A pair of surrogates is four bytes.
            keyBytes += unit < 0x80 ? 1 : unit < 0x800 || Character.isSurrogate(unit) ? 2 : 3;
        }
        return data.size() + keyBytes;
    }

    /** Where the record routes to. */
    public HashKey hashKey() {
        return explicitHashKeyOrNull != null ? explicitHashKeyOrNull : HashKey.ofPartitionKey(partitionKey);
    }
}
