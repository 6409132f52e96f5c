package io.millrace.fanout;

import io.millrace.model.Position;
import java.util.concurrent.CompletableFuture;

/**
 * The calls that read one shard. They do not block and are safe for any thread; the futures complete on any thread and
 * fail with {@link ShardReadException} only.
 */
public interface ShardReader {
    /** Finds {@code position}; for a place within a stored record that whole record. */
    CompletableFuture<ShardIterator> getIterator(Position position);

    /**
     * Reads at most {@code limit} records on from {@code iterator}.
     *
     * @param limit 1 to 10,000
     */
    CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit);
}
