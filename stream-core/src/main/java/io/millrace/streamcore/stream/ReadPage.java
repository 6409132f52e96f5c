package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ChildShard;
import io.millrace.model.StreamRecord;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a read found.
 *
 * @param stored the records; may be empty
 * @param nextOrNull where to read on; absent once a closed shard is read out
 * @param millisBehindLatest how far the position after these records is behind the shard's tip, 0 when caught up
 * @param childShards what follows the shard, once it is closed and read out
 */
public record ReadPage(
        StoredRecords stored, @Nullable ShardCursor nextOrNull, long millisBehindLatest, List<ChildShard> childShards) {
    /** Copies the list. */
    public ReadPage {
        requireNonNull(stored, "stored");
        childShards = List.copyOf(childShards);
    }

    /** The records, decoded by this call; whoever writes them to a client visits {@link #stored} instead. */
    public List<StreamRecord> records() {
        return stored.toList();
    }

    /** How many bytes of data and partition keys the records have. */
    public long bytes() {
        return stored.bytes();
    }

    /** Where to read on, empty once a closed shard is read out. */
    public Optional<ShardCursor> next() {
        return Optional.ofNullable(nextOrNull);
    }
}
