package io.millrace.fanout;

import io.millrace.model.ChildShard;
import io.millrace.model.StreamRecord;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one read of a shard found.
 *
 * @param records in order; may be empty
 * @param nextOrNull where to read on; absent once a closed shard is read out
 * @param millisBehindLatest how far the tip is ahead of these records, 0 when caught up
 * @param children what follows the shard, once it is closed and read out
 */
public record ShardPage(
        List<StreamRecord> records,
        @Nullable ShardIterator nextOrNull,
        long millisBehindLatest,
        List<ChildShard> children) {
    /** Copies the lists. */
    public ShardPage {
        records = List.copyOf(records);
        children = List.copyOf(children);
    }

    /** Where to read on, empty once a closed shard is read out. */
    public Optional<ShardIterator> next() {
        return Optional.ofNullable(nextOrNull);
    }
}
