package io.millrace.producer;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One record to be put.
 *
 * @param partitionKey 1 to 256 characters, without half of a surrogate pair
 * @param data the payload, maybe empty
 * @param explicitHashKeyOrNull decides on the shard in place of the partition key, if it is there
 */
public record OutgoingRecord(
        String partitionKey, Bytes data, @Nullable HashKey explicitHashKeyOrNull) {
    private static final int LONGEST_KEY = 256;

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if the service would not take that key
     */
    public OutgoingRecord {
        requireNonNull(partitionKey, "partitionKey");
        requireNonNull(data, "data");
        int length = partitionKey.length();
        if (length == 0 || length > LONGEST_KEY) {
            throw new IllegalArgumentException("a partition key has 1 to 256 characters, not " + length);
        }
        for (int i = 0; i < length; i++) {
            if (Character.isSurrogate(partitionKey.charAt(i))) {
                i = endOfPair(partitionKey, i);
            }
        }
    }

    /** A record whose shard follows from its partition key. */
    public OutgoingRecord(String partitionKey, Bytes data) {
        this(partitionKey, data, null);
    }

    /** The hash key that decides on the shard in place of the partition key. */
    public Optional<HashKey> explicitHashKey() {
        return Optional.ofNullable(explicitHashKeyOrNull);
    }

    /** Tells sizes only, so that neither keys nor payloads slip into logs. */
    @Override
    public String toString() {
        return "OutgoingRecord[key of " + partitionKey.length() + " characters, " + data + "]";
    }

    private static int endOfPair(String key, int high) {
        if (high + 1 == key.length() || !Character.isSurrogatePair(key.charAt(high), key.charAt(high + 1))) {
            throw new IllegalArgumentException("a partition key is text; this one has half of a surrogate pair");
        }
        return high + 1;
    }
}
