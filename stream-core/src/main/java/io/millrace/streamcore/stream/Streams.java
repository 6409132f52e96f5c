package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.HashKey;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.stream.account.AccountState;
import io.millrace.streamcore.stream.account.BillingCommitment;
import io.millrace.streamcore.stream.account.CatalogTurn;
import io.millrace.streamcore.stream.quota.Quotas;
import io.millrace.streamcore.stream.watch.StreamProbe;
import io.millrace.streamcore.stream.watch.StreamsContext;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The streams of one account in one region. Safe for any thread; nothing blocks. Where a rule of the service refuses a call, the future
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

    /**
     * Opens everything that {@code engine} keeps, which is then the streams' to close. Blocks: call it while starting.
     *
     * @throws io.millrace.streamcore.log.LogException if it cannot be used or is damaged
     */
    static Streams open(StreamsSettings settings, StreamsContext context, LogEngine engine) {
        return DurableStreams.unwrapped(DurableStreams.open(settings, context, engine));
    }

    /**
     * Opens what {@code engine} keeps of one account, on a loop that the accounts of a storage share. Completes when every
     * stream's log is open; fails as {@link #open(StreamsSettings, StreamsContext, LogEngine)} does.
     */
    static CompletableFuture<? extends Streams> open(
            StreamsSettings settings, StreamsContext context, LogEngine engine, CatalogTurn turn) {
        return DurableStreams.open(settings, context, engine, turn);
    }

    /** Streams of an account of which {@code engine} keeps nothing yet; does not block. */
    static Streams empty(StreamsSettings settings, StreamsContext context, LogEngine engine, CatalogTurn turn) {
        return DurableStreams.empty(settings, context, engine, turn);
    }

    /**
     * Opens the log of each stream that {@code engine} keeps of one account, and changes nothing. Completes with the number of
     * streams; fails as {@link #open(StreamsSettings, StreamsContext, LogEngine)} does.
     *
     * @param directory where all this is, for messages
     */
    static CompletableFuture<Integer> openLogs(LogEngine engine, Path directory) {
        return CatalogOpening.openLogs(engine, directory);
    }

    /** Opens a data directory without limits and probes. */
    static Streams open(StreamsSettings settings) {
        return open(settings, StreamsContext.plain(settings.platform().ticker()));
    }

    /**
     * Makes a stream, CREATING at once and ACTIVE after the transition time. Completes when the change is durable.
     *
     * @param shards how many it begins with, at least 1
     */
    CompletableFuture<Void> create(StreamName name, StreamOptions options, int shards);

    /** Makes a stream that nothing is set about. */
    default CompletableFuture<Void> create(StreamName name, int shards) {
        return create(name, StreamOptions.DEFAULTS, shards);
    }

    /**
     * Deletes a stream with all its records; it stays DELETING for the transition time. Completes when durable.
     *
     * @param withConsumers whether registered consumers go with it; refused if there are any and this is false
     */
    CompletableFuture<Void> delete(StreamName name, boolean withConsumers);

    /** Deletes a stream with its records and consumers. */
    default CompletableFuture<Void> delete(StreamName name) {
        return delete(name, true);
    }

    /** The names of all streams, in order. */
    List<StreamName> names();

    /** What a stream is like now. */
    StreamState get(StreamName name) throws StreamException;

    /** The registered consumers of these streams. */
    Consumers consumers();

    /** Changes a stream. Completes when the change is durable; with no transition time, when it is over. */
    CompletableFuture<Changed> change(StreamName name, StreamChange change);

    /** Splits an open shard in two at {@code newStartingHashKey}. */
    default CompletableFuture<Changed> split(StreamName name, ShardId shard, HashKey newStartingHashKey) {
        return change(name, StreamChange.split(shard, newStartingHashKey));
    }

    /** Merges two adjacent open shards into one. */
    default CompletableFuture<Changed> merge(StreamName name, ShardId shard, ShardId adjacent) {
        return change(name, StreamChange.merge(shard, adjacent));
    }

    /** What the streams have in common. */
    AccountState account();

    /** Begins or ends the account's billing commitment. Completes when durable, with what it is then. */
    CompletableFuture<BillingCommitment> commit(boolean enabled);

    /**
     * Puts records in the order given. Completes when all of them are as durable as the server's fsync policy says, on a
     * thread of the storage that must not be held up; the answers stand in the order of the records and each is made when
     * it is asked for. Records for which a shard has no room within its limits are refused one by one while the others are
     * stored. If the put fails, some of its records may be in the stream all the same.
     */
    CompletableFuture<PutResult> put(StreamName name, List<NewRecord> records);

    /**
     * Finds where to read {@code shard} from. The cursor is exact: no record is skipped or repeated from it on.
     *
     * @param operation the operation of the API that asks; stands in the text of what is refused
     */
    CompletableFuture<ShardCursor> seek(StreamName name, ShardId shard, Position position, String operation);

    /** Finds where to read {@code shard} from, for an iterator. */
    default CompletableFuture<ShardCursor> seek(StreamName name, ShardId shard, Position position) {
        return seek(name, shard, position, "GetShardIterator");
    }

    /**
     * Checks that records can be put into a stream now, as a put does.
     *
     * @throws StreamException if they cannot
     */
    void checkUsable(StreamName name);

    /**
     * Checks that the shard of a cursor can be read, as a read does.
     *
     * @throws StreamException if it cannot
     */
    void checkReadable(ShardCursor cursor);

    /**
     * Reads on from a cursor.
     *
     * @param maxRecords at most this many records, at least 1
     * @param maxBytes at most this many bytes of data and partition keys, but always one record if there is one
     */
    CompletableFuture<ReadPage> read(ShardCursor cursor, int maxRecords, int maxBytes);

    /**
     * Calls {@code listener} whenever there may be something new for who reads on from this cursor: records, the shard's
     * end, or any change of the stream or its consumers. Look after following; what came before is not told.
     *
     * @param listener called on a thread of the storage; must not block or throw, may be called without need
     * @return ends the following when run
     */
    Runnable follow(ShardCursor cursor, Runnable listener);

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
     * @param isEncrypted whether their stream was encrypted when they came
     */
    record PutResult(List<PutAnswer> answers, int refused, boolean isEncrypted) {
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

    /**
     * A change that was made.
     *
     * @param before the stream just before
     * @param after the stream just after, maybe UPDATING
     */
    record Changed(StreamState before, StreamState after) {}
}
