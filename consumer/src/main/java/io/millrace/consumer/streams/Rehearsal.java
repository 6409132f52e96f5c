package io.millrace.consumer.streams;

import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads at the tip of one shard before there is a lease to read for. A worker that joins takes its whole share within a
 * moment, and each of these shards stands still until its first record: by then connections are made and code is loaded.
 *
 * <p>Safe for any thread. What goes wrong is for the real reading to tell.
 */
public final class Rehearsal {
    private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);

    private final ShardDirectory directory;
    private final ShardReaders readers;
    private final RandomGenerator random;

    /** Reads through these, of a shard chosen by {@code random}: workers that start at once shall not all read the same. */
    public Rehearsal(ShardDirectory directory, ShardReaders readers, RandomGenerator random) {
        this.directory = directory;
        this.readers = readers;
        this.random = random;
    }

    /** Makes each call of a reader once: three calls, at most one record. Completes when that is over, however it went. */
    public CompletableFuture<Void> read(StreamName stream) {
        return CompletableFuture.completedFuture(stream)
                .thenCompose(directory::listShards)
                .thenCompose(shards -> readOneOf(stream, shards))
                .exceptionally(error -> {
                    log.debug("The first look at {} failed: {}", stream, error.toString());
                    return null;
                });
    }

    private CompletableFuture<Void> readOneOf(StreamName stream, List<Shard> shards) {
        List<Shard> open = shards.stream().filter(Shard::isOpen).toList();
        if (open.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        ShardReader reader =
                readers.reader(stream, open.get(random.nextInt(open.size())).id());
        // At the tip: an older record would look like lag in the stream's metrics.
        return reader.getIterator(Position.latest())
                .thenCompose(iterator -> reader.getRecords(iterator, 1))
                .thenAccept(page -> log.debug("{} can be read", stream));
    }
}
