package io.millrace.streamcore.stream;

import io.millrace.model.ChildShard;
import io.millrace.model.StreamRecord;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a read found.
 *
 * @param records in order; may be empty
 * @param nextOrNull where to read on; absent once a closed shard is read out
 * @param millisBehindLatest how far the position after these records is behind the shard's tip, 0 when caught up
 * @param childShards what follows the shard, once it is closed and read out
 */
public record ReadPage(
        List<StreamRecord> records,
        @Nullable ShardCursor nextOrNull,
        long millisBehindLatest,
        List<ChildShard> childShards) {
    /** Copies the lists. */
    public ReadPage {
        records = List.copyOf(records);
        childShards = List.copyOf(childShards);
    }

    /** How many bytes of data and partition keys the records have. */
    public long bytes() {
        long bytes = 0;
        for (StreamRecord record : records) {
            bytes += record.data().size() + record.partitionKey().length();
        }
        return bytes;
    }

    /** Where to read on, empty once a closed shard is read out. */
    public Optional<ShardCursor> next() {
        return Optional.ofNullable(nextOrNull);
    }
}
