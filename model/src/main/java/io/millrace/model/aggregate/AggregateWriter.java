package io.millrace.model.aggregate;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Packs user records into stored records in the Kinesis Producer Library's format, byte for byte as the library does: the
 * table of partition keys, that of explicit hash keys, the user records in the order in which they were added. {@link Aggregates}
 * takes them apart again.
 *
 * <p>One writer makes one aggregate after the other. Belongs to one thread.
 */
public final class AggregateWriter {
    /** The partition key under which the library stores an aggregate; no reader looks at it. */
    public static final String PARTITION_KEY = "a";

    private static final int PARTITION_KEYS = 1;
    private static final int EXPLICIT_HASH_KEYS = 2;
    private static final int RECORDS = 3;
    private static final int KEY_OF_RECORD = 1;
    private static final int EXPLICIT_HASH_KEY_OF_RECORD = 2;
    private static final int DATA_OF_RECORD = 3;

    private final int most;
    private final Map<String, Integer> partitionKeys = new HashMap<>();
    private final Map<HashKey, Integer> explicitHashKeys = new HashMap<>();
    private final MessageWriter firstTable = new MessageWriter(256);
    private final MessageWriter secondTable = new MessageWriter(64);
    private final MessageWriter records = new MessageWriter(1024);
    private int added;

    /**
     * A writer of aggregates.
     *
     * @param most the most bytes that a stored record may have, mark and digest included
     */
    public AggregateWriter(int most) {
        if (most < 0) {
            throw new IllegalArgumentException("an aggregate does not have less than 0 bytes: " + most);
        }
        this.most = most;
    }

    /**
     * Adds a user record to the aggregate, unless it would have too many bytes then.
     *
     * @param explicitHashKey the hash key that counts rather than that of {@code partitionKey}, if there is one
     * @return false if it was not added; the aggregate is as it was
     */
    public boolean add(String partitionKey, @Nullable HashKey explicitHashKey, Bytes data) {
        requireNonNull(partitionKey, "partitionKey");
        Integer known = partitionKeys.get(partitionKey);
        byte[] key = known == null ? partitionKey.getBytes(StandardCharsets.UTF_8) : null;
        Integer explicitKnown = explicitHashKey == null ? Integer.valueOf(-1) : explicitHashKeys.get(explicitHashKey);
        byte[] explicit =
                explicitKnown == null ? String.valueOf(explicitHashKey).getBytes(StandardCharsets.US_ASCII) : null;
        int index = known == null ? partitionKeys.size() : known;
        int explicitIndex = explicitKnown == null ? explicitHashKeys.size() : explicitKnown;

        int length = MessageWriter.sizeOfNumber(index)
                + (explicitHashKey == null ? 0 : MessageWriter.sizeOfNumber(explicitIndex))
                + MessageWriter.sizeOfBytes(data.size());
        long grown = (long) size()
                + MessageWriter.sizeOfBytes(length)
                + (key == null ? 0 : MessageWriter.sizeOfBytes(key.length))
                + (explicit == null ? 0 : MessageWriter.sizeOfBytes(explicit.length));
        if (grown > most) {
            return false;
        }
        if (key != null) {
            partitionKeys.put(partitionKey, index);
            firstTable.bytes(PARTITION_KEYS, key);
        }
        if (explicit != null && explicitHashKey != null) {
            explicitHashKeys.put(explicitHashKey, explicitIndex);
            secondTable.bytes(EXPLICIT_HASH_KEYS, explicit);
        }
        records.beginBytes(RECORDS, length);
        records.number(KEY_OF_RECORD, index);
        if (explicitHashKey != null) {
            records.number(EXPLICIT_HASH_KEY_OF_RECORD, explicitIndex);
        }
        records.bytes(DATA_OF_RECORD, data);
        added++;
        return true;
    }

    /** How many user records the aggregate has. */
    public int records() {
        return added;
    }

    /** How many bytes the stored record has. */
    public int size() {
        return AggregateMessage.MAGIC.size()
                + firstTable.size()
                + secondTable.size()
                + records.size()
                + AggregateMessage.DIGEST_BYTES;
    }

    /** The data of the stored record. The writer is empty afterwards and begins the next one. */
    public Bytes finish() {
        byte[] stored = new byte[size()];
        int begin = AggregateMessage.MAGIC.size();
        AggregateMessage.MAGIC.copyTo(stored, 0);
        firstTable.copyTo(stored, begin);
        secondTable.copyTo(stored, begin + firstTable.size());
        records.copyTo(stored, begin + firstTable.size() + secondTable.size());
        int end = stored.length - AggregateMessage.DIGEST_BYTES;
        System.arraycopy(AggregateMessage.digest(stored, begin, end), 0, stored, end, AggregateMessage.DIGEST_BYTES);
        clear();
        return Bytes.wrap(stored);
    }

    /** Forgets what was added since the last one was finished. */
    public void clear() {
        partitionKeys.clear();
        explicitHashKeys.clear();
        firstTable.clear();
        secondTable.clear();
        records.clear();
        added = 0;
    }
}
