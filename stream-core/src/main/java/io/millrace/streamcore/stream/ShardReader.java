package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogClosedException;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.ShardBounds;
import io.millrace.streamcore.stream.LiveStream.View;
import java.math.BigInteger;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds places in shards and reads on from them. A place is the index of the next record, carried by cursors inside a
 * sequence number, so nothing is skipped or repeated whatever the clock does. Safe for any thread.
 */
final class ShardReader {
    private static final Logger log = LoggerFactory.getLogger(ShardReader.class);
    private static final int VERSION_0_BITS = 124;

    private final Refusals refusals;
    private final InstantSource clock;

    ShardReader(Refusals refusals, InstantSource clock) {
        this.refusals = requireNonNull(refusals, "refusals");
        this.clock = requireNonNull(clock, "clock");
    }

    CompletableFuture<ShardCursor> seek(View view, ShardEntry shard, Position position, String operation) {
        if (position instanceof Position.TrimHorizon) {
            return CompletableFuture.completedFuture(cursor(view, shard, shard.before(0), true));
        }
        if (position instanceof Position.AtTimestamp at) {
            return seekTime(view, shard, at.time().toEpochMilli());
        }
        if (position instanceof Position.AtSequenceNumber at) {
            checkNumber(view, shard, at.sequenceNumber(), operation);
            return seekNumber(view, shard, at.sequenceNumber());
        }
        if (position instanceof Position.AfterSequenceNumber after) {
            checkNumber(view, shard, after.sequenceNumber(), operation);
            return CompletableFuture.completedFuture(cursor(view, shard, after.sequenceNumber(), false));
        }
        ShardBounds bounds = view.log().bounds(shard.index());
        return CompletableFuture.completedFuture(cursor(view, shard, tip(shard, bounds), false));
    }

    CompletableFuture<ReadPage> read(View view, ShardEntry shard, ShardCursor cursor, int maxRecords, int maxBytes) {
        // A shard that is closed in this view is complete in the log, so what is read after is all there is.
        long index = nextIndex(cursor);
        return readKept(view, shard, index, maxRecords, maxBytes)
                .thenApply(found -> page(view, shard, cursor, found.index, found.batches, maxRecords, maxBytes))
                .exceptionally(error -> {
                    throw refusal(error, shard.id(), cursor.stream());
                });
    }

    /** Reads on from {@code index}, but nothing past the retention, whether or not it is deleted yet. */
    private CompletableFuture<Found> readKept(View view, ShardEntry shard, long index, int maxRecords, int maxBytes) {
        long horizon = view.entry().options().horizonMillis(clock.millis());
        return view.log().read(shard.index(), index, maxRecords, maxBytes).thenCompose(batches -> {
            if (batches.isEmpty() || batches.get(0).timeMillis() >= horizon) {
                return CompletableFuture.completedFuture(new Found(index, batches));
            }
            return view.log()
                    .findTime(shard.index(), horizon)
                    .thenCompose(first -> view.log()
                            .read(shard.index(), first, maxRecords, maxBytes)
                            .thenApply(kept -> new Found(first, kept)));
        });
    }

    /**
     * The first record at or above a number. Numbers that no record has are good positions too: those by which a
     * subscription goes on lie between the last record and the next, see {@link ShardCursor#continuation}.
     */
    private CompletableFuture<ShardCursor> seekNumber(View view, ShardEntry shard, SequenceNumber number) {
        long index = number.parts().index() - 1;
        if (index < 0) {
            return CompletableFuture.completedFuture(cursor(view, shard, number, true));
        }
        return view.log()
                .read(shard.index(), index, 1, 1)
                .thenApply(batches -> {
                    boolean isPast = !batches.isEmpty()
                            && batches.get(0).firstIndex() <= index
                            && index < batches.get(0).endIndex()
                            && shard.sequenceNumber(index, batches.get(0).timeMillis())
                                            .compareTo(number)
                                    < 0;
                    return cursor(view, shard, number, !isPast);
                })
                .exceptionally(error -> {
                    throw refusal(error, shard.id(), view.entry().name());
                });
    }

    private CompletableFuture<ShardCursor> seekTime(View view, ShardEntry shard, long timeMillis) {
        long now = clock.millis();
        if (timeMillis > now) {
            throw refusals.timeInFuture(timeMillis, now);
        }
        return view.log()
                .findTime(shard.index(), timeMillis)
                .thenApply(index -> cursor(view, shard, shard.before(index), false))
                .exceptionally(error -> {
                    throw refusal(error, shard.id(), view.entry().name());
                });
    }

    private ReadPage page(
            View view,
            ShardEntry shard,
            ShardCursor cursor,
            long index,
            List<LogBatch> batches,
            int maxRecords,
            int maxBytes) {
        StoredRecords records = StoredRecords.of(shard, batches, index, maxRecords, maxBytes);
        ShardBounds bounds = view.log().bounds(shard.index());
        boolean isEmpty = records.isEmpty();
        // What retention took away is not behind.
        long place = isEmpty ? Math.max(index, bounds.first()) : records.endIndex();
        ShardCursor next = cursor;
        if (!isEmpty) {
            next = cursor(view, shard, records.lastNumber(), false);
        } else if (place == bounds.end()) {
            next = cursor(view, shard, tip(shard, bounds), false);
        }
        if (place < bounds.end()) {
            long at = isEmpty ? bounds.lastTimeMillis() : records.lastTimeMillis();
            // Records of one moment: behind, if by less than can be told.
            return new ReadPage(records, next, Math.max(1, bounds.lastTimeMillis() - at), List.of());
        }
        return shard.isOpen()
                ? new ReadPage(records, next, 0, List.of())
                : new ReadPage(records, null, 0, children(view, shard));
    }

    private static List<ChildShard> children(View view, ShardEntry parent) {
        return view.entry().shards().stream()
                .filter(shard -> shard.parents().contains(parent.index()))
                .map(shard -> shard.toShard().asChild())
                .toList();
    }

    /** The last record that there is, or the shard's start. */
    private static SequenceNumber tip(ShardEntry shard, ShardBounds bounds) {
        return bounds.end() == 0 ? shard.before(0) : shard.sequenceNumber(bounds.end() - 1, bounds.lastTimeMillis());
    }

    /** The log's index of the next record: sequence numbers count from 1, see {@link ShardEntry}. */
    private static long nextIndex(ShardCursor cursor) {
        long index = cursor.from().parts().index();
        return cursor.inclusive() ? Math.max(0, index - 1) : index;
    }

    private void checkNumber(View view, ShardEntry shard, SequenceNumber number, String operation) {
        StreamName stream = view.entry().name();
        BigInteger value = number.toBigInteger();
        if (value.bitLength() <= VERSION_0_BITS) {
            throw refusals.notRead();
        }
        SequenceNumber.Parts parts;
        try {
            parts = number.parts();
        } catch (IllegalArgumentException e) {
            throw refusals.invalidNumber(number, operation, shard.id(), stream);
        }
        if (parts.shardIndex() != shard.index()) {
            throw refusals.numberOfOtherShard(ShardId.of(parts.shardIndex()), shard.id());
        }
        if (parts.createdSeconds() != shard.createdSeconds()) {
            throw refusals.numberOfOtherStream(number, operation, shard.id(), stream);
        }
    }

    private static ShardCursor cursor(View view, ShardEntry shard, SequenceNumber from, boolean inclusive) {
        return new ShardCursor(view.entry().name(), view.state().created(), shard.id(), from, inclusive);
    }

    private StreamException refusal(Throwable error, ShardId shard, StreamName stream) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof StreamException refused) {
            return refused;
        }
        if (cause instanceof LogClosedException) {
            return refusals.shardDoesNotExist(shard, stream);
        }
        if (cause instanceof LogException || cause instanceof IllegalArgumentException) {
            log.error("Reading {} of stream {} failed: {}", shard, stream, cause.getMessage());
        } else {
            log.error("Reading {} of stream {} failed", shard, stream, cause);
        }
        return refusals.notRead();
    }

    /** What was found when looking from {@code index} on. */
    private record Found(long index, List<LogBatch> batches) {}
}
