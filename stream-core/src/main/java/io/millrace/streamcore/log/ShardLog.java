package io.millrace.streamcore.log;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The log of one stream: an ordered run of records for each of its shards. Records of a shard are numbered without gaps
 * from 0; the log decides the number, so the order within a shard is decided in one place. A record's bytes mean nothing
 * here: producers hand in batches of them, readers get whole batches back.
 *
 * <p>Safe for any thread; nothing blocks. Futures complete on a thread of the log that must not be held up: go elsewhere
 * for more than a moment's work. They fail with a {@link LogException}.
 */
public interface ShardLog {
    /**
     * Appends batches, in the order given and together. Completes once all of them are as durable as the log's
     * {@link FsyncPolicy} says, and readable; a failure says nothing of single ones. What it costs hardly depends on how
     * many shards they are for.
     *
     * @return what became of each, in the same order
     */
    CompletableFuture<AppendedBatches> append(NewBatches batches);

    /** Appends one batch: see {@link NewBatches#add} for its parts and {@link #append(NewBatches)} for the rest. */
    default CompletableFuture<AppendOutcome> append(int shard, int count, ByteBuffer payload) {
        return append(NewBatches.of(shard, count, payload)).thenApply(appended -> appended.outcome(0));
    }

    /**
     * Reads on from a record, oldest first. Whole batches: the first one may begin before {@code index}, and the last one
     * is the one that reached a limit. Empty when there is nothing at or after {@code index} yet. Records below the
     * shard's first kept one are passed over.
     *
     * @param maxRecords stop once this many records are there, at least 1
     * @param maxBytes stop once this many bytes are there
     */
    CompletableFuture<List<LogBatch>> read(int shard, long index, int maxRecords, int maxBytes);

    /** The index of the first record that was appended at or after this moment; the shard's end if there is none. */
    CompletableFuture<Long> findTime(int shard, long timeMillis);

    /** What of a shard is readable now. A shard that was never written to is empty. */
    ShardBounds bounds(int shard);

    /**
     * Calls {@code listener} whenever more of the shard is readable, or it was sealed. Look at the shard after following
     * it: what came before is not told.
     *
     * @param listener called on a thread of the log; must not block or throw
     * @return ends the following when run
     */
    Runnable follow(int shard, Runnable listener);

    /**
     * Ends a shard. Batches appended before are in it, later ones get {@link AppendOutcome.Sealed}; sealing again changes
     * nothing. Completes when durable.
     */
    CompletableFuture<ShardBounds> seal(int shard);

    /**
     * From now on what is appended is encrypted, or not; what was appended before stays as it is. Fails with {@link
     * LogKeyException} if there is no key and none can be made.
     */
    CompletableFuture<Void> encrypt(boolean isWanted);

    /** Lets go of records that were appended before this moment, as far as storage can do so cheaply. */
    CompletableFuture<Void> truncateBefore(long timeMillis);
}
