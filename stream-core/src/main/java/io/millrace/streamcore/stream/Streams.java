package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.HashKey;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.stream.quota.Quotas;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The streams of this server. Safe for any thread; nothing blocks. Where a rule of the service refuses a call, the future
 * fails (or the method throws) with a {@link StreamException} whose kind and text are the service's own.
 */
public interface Streams extends AutoCloseable {
    /**
     * Opens a data directory and everything in it. Blocks: call it while starting.
     *
     * @throws io.millrace.streamcore.log.LogException if the directory cannot be used, is in use, or is damaged
     */
    static Streams open(StreamsSettings settings, StreamsContext context) {
        return DurableStreams.unwrapped(DurableStreams.open(settings, context));
    }

    /** Opens a data directory without limits and probes. */
    static Streams open(StreamsSettings settings) {
        return open(settings, StreamsContext.plain(settings.platform().ticker()));
    }

    /** Makes a stream, CREATING at once and ACTIVE after the transition time. Completes when the change is durable. */
    CompletableFuture<Void> create(StreamName name, int shards);

    /** Deletes a stream with all its records; it stays DELETING for the transition time. Completes when durable. */
    CompletableFuture<Void> delete(StreamName name);

    /** The names of all streams, in order. */
    List<StreamName> names();

    /** What a stream is like now. */
    StreamState get(StreamName name) throws StreamException;

    /** Splits an open shard in two at {@code newStartingHashKey}. Completes when the change is durable. */
    CompletableFuture<Void> split(StreamName name, ShardId shard, HashKey newStartingHashKey);

    /** Merges two adjacent open shards into one. Completes when the change is durable. */
    CompletableFuture<Void> merge(StreamName name, ShardId shard, ShardId adjacent);

    /**
     * Puts records in the order given. Completes when all of them are as durable as the server's fsync policy says, on a
     * thread of the storage that must not be held up; the answers stand in the order of the records and each is made when
     * it is asked for. Records for which a shard has no room within its limits are refused one by one while the others are
     * stored. If the put fails, some of its records may be in the stream all the same.
     */
    CompletableFuture<PutResult> put(StreamName name, List<NewRecord> records);

    /** Finds where to read {@code shard} from. The cursor is exact: no record is skipped or repeated from it on. */
    CompletableFuture<ShardCursor> seek(StreamName name, ShardId shard, Position position);

    /**
     * Reads on from a cursor.
     *
     * @param maxRecords at most this many records, at least 1
     * @param maxBytes at most this many bytes of data and partition keys, but always one record if there is one
     */
    CompletableFuture<ReadPage> read(ShardCursor cursor, int maxRecords, int maxBytes);

    /** Which limits hold for which stream. Puts keep them by themselves; other callers ask. */
    Quotas quotas();

    /** Hears what happens in a stream; one that hears nothing if there is no such stream. */
    StreamProbe probe(StreamName name);

    /** Lets what was accepted become durable, then closes the storage. Blocks; not for the storage's own threads. */
    @Override
    void close();

    /**
     * What became of the records of a put.
     *
     * @param answers one a record, in their order; each may be made when it is asked for
     * @param refused how many of them are {@link Refused}
     */
    record PutResult(List<PutAnswer> answers, int refused) {
        /** Checks the parts; the list is kept as it is. */
        public PutResult {
            requireNonNull(answers, "answers");
        }
    }

    /** What became of a record. */
    sealed interface PutAnswer permits Stored, Refused {
        /** The shard that took or refused it. */
        ShardId shard();

        /**
         * Its number in the shard.
         *
         * @throws IllegalStateException if the record was refused
         */
        SequenceNumber sequenceNumber();
    }

    /**
     * Where a record went.
     *
     * @param shard the shard that took it
     * @param sequenceNumber its number there
     */
    record Stored(ShardId shard, SequenceNumber sequenceNumber) implements PutAnswer {}

    /**
     * A record that is not in the stream.
     *
     * @param shard where it would have gone
     * @param reason why it did not
     */
    record Refused(ShardId shard, Reason reason) implements PutAnswer {
        /** Why a record was refused. */
        public enum Reason {
            /** The shard takes no more within its limits now. */
            RATE_EXCEEDED,
            /** The server failed. */
            INTERNAL_FAILURE
        }

        @Override
        public SequenceNumber sequenceNumber() {
            throw new IllegalStateException("a refused record has no number");
        }
    }
}
