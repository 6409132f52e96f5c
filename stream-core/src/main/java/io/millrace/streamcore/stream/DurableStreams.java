package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.disk.DiskLogEngine;
import io.millrace.streamcore.stream.LiveStream.View;
import io.millrace.streamcore.stream.account.AccountState;
import io.millrace.streamcore.stream.account.BillingCommitment;
import io.millrace.streamcore.stream.account.CatalogTurn;
import io.millrace.streamcore.stream.quota.Quotas;
import io.millrace.streamcore.stream.watch.StreamProbe;
import io.millrace.streamcore.stream.watch.StreamsContext;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streams whose catalog and records are kept by a {@link LogEngine}. Changes of the catalog go through {@link Catalog} and
 * its loop; puts and reads use what it published last and never wait for it, but for a put that meets a sealed shard.
 */
final class DurableStreams implements Streams {
    private static final Logger log = LoggerFactory.getLogger(DurableStreams.class);

    private final Catalog catalog;
    private final Refusals refusals;
    private final ShardReader reader;
    private final Quotas quotas;
    private final InstantSource clock;

    private DurableStreams(StreamsSettings settings, StreamsContext context, Catalog catalog, Refusals refusals) {
        this.catalog = requireNonNull(catalog, "catalog");
        this.refusals = requireNonNull(refusals, "refusals");
        this.quotas = context.quotas();
        this.clock = settings.platform().clock();
        this.reader = new ShardReader(refusals, clock);
    }

    /**
     * Opens a data directory; blocks on the catalog's file only. Completes when every stream's log is open and what an
     * earlier server left half done is under way again.
     */
    static CompletableFuture<DurableStreams> open(StreamsSettings settings, StreamsContext context) {
        return open(
                settings,
                context,
                DiskLogEngine.open(settings.directory(), settings.log(), context.storage(), settings.platform()));
    }

    static CompletableFuture<DurableStreams> open(StreamsSettings settings, LogEngine engine) {
        return open(settings, StreamsContext.plain(settings.platform().ticker()), engine);
    }

    static CompletableFuture<DurableStreams> open(StreamsSettings settings, StreamsContext context, LogEngine engine) {
        return open(settings, context, engine, CatalogTurn.on(settings.platform()));
    }

    /** The same, with the catalog on a loop that others may share. */
    static CompletableFuture<DurableStreams> open(
            StreamsSettings settings, StreamsContext context, LogEngine engine, CatalogTurn turn) {
        Refusals refusals = new Refusals(settings.region(), settings.account());
        Catalog catalog = new Catalog(settings, context, engine, refusals, turn);
        return catalog.start().thenApply(started -> new DurableStreams(settings, context, catalog, refusals));
    }

    /** Streams of a storage in which nothing is kept yet. */
    static DurableStreams empty(StreamsSettings settings, StreamsContext context, LogEngine engine, CatalogTurn turn) {
        Refusals refusals = new Refusals(settings.region(), settings.account());
        Catalog catalog = new Catalog(settings, context, engine, refusals, turn);
        catalog.startEmpty();
        return new DurableStreams(settings, context, catalog, refusals);
    }

    @Override
    public CompletableFuture<Void> create(StreamName name, StreamOptions options, int shards) {
        if (shards < 1) {
            throw new IllegalArgumentException("a stream has at least one shard, not " + shards);
        }
        refusals.checkTags(options.tags());
        return plain(catalog.create(name, options, shards));
    }

    @Override
    public CompletableFuture<Void> delete(StreamName name, boolean withConsumers) {
        return plain(catalog.delete(name, withConsumers));
    }

    @Override
    public List<StreamName> names() {
        return catalog.names();
    }

    @Override
    public StreamState get(StreamName name) {
        return find(name).view().state();
    }

    @Override
    public Consumers consumers() {
        return catalog.consumers();
    }

    @Override
    public CompletableFuture<Changed> change(StreamName name, StreamChange change) {
        return plain(catalog.change(find(name), change));
    }

    @Override
    public AccountState account() {
        return catalog.account();
    }

    @Override
    public CompletableFuture<BillingCommitment> commit(boolean enabled) {
        return plain(catalog.commit(enabled));
    }

    @Override
    public CompletableFuture<PutResult> put(StreamName name, List<NewRecord> records) {
        LiveStream stream = find(name);
        if (!stream.view().isUsable()) {
            throw refusals.streamNotFound(name);
        }
        return new PutOperation(stream, records, refusals, quotas.of(name)).start();
    }

    @Override
    public CompletableFuture<ShardCursor> seek(StreamName name, ShardId shard, Position position, String operation) {
        OptionalInt index = ShardNames.index(shard);
        if (index.isEmpty()) {
            throw refusals.shardNotFound(shard.value(), name);
        }
        LiveStream stream = catalog.find(name);
        View view = stream == null ? null : stream.view();
        if (view == null || !view.isUsable()) {
            throw refusals.shardDoesNotExist(ShardId.of(index.getAsInt()), name);
        }
        ShardEntry entry = view.shard(index.getAsInt(), clock.millis())
                .orElseThrow(() -> refusals.shardDoesNotExist(ShardId.of(index.getAsInt()), name));
        return plain(reader.seek(view, entry, position, operation));
    }

    @Override
    public CompletableFuture<ReadPage> read(ShardCursor cursor, int maxRecords, int maxBytes) {
        if (maxRecords < 1) {
            throw new IllegalArgumentException("a read asks for at least one record, not " + maxRecords);
        }
        View view = readable(cursor).view();
        return plain(reader.read(view, shard(view, cursor), cursor, maxRecords, maxBytes));
    }

    @Override
    public void checkReadable(ShardCursor cursor) {
        var unused = shard(readable(cursor).view(), cursor);
    }

    @Override
    public void checkUsable(StreamName name) {
        if (!find(name).view().isUsable()) {
            throw refusals.streamNotFound(name);
        }
    }

    /** The shard that a cursor stands in. */
    private ShardEntry shard(View view, ShardCursor cursor) {
        return ShardNames.index(cursor.shard()).stream()
                .boxed()
                .flatMap(index -> view.shard(index, clock.millis()).stream())
                .findFirst()
                .orElseThrow(() -> refusals.shardDoesNotExist(cursor.shard(), cursor.stream()));
    }

    @Override
    public Quotas quotas() {
        return quotas;
    }

    @Override
    public StreamProbe probe(StreamName name) {
        LiveStream stream = catalog.find(name);
        return stream == null ? StreamProbe.NONE : stream.probe();
    }

    @Override
    public Runnable follow(ShardCursor cursor, Runnable listener) {
        LiveStream stream = readable(cursor);
        OptionalInt index = ShardNames.index(cursor.shard());
        if (index.isEmpty()) {
            throw refusals.shardDoesNotExist(cursor.shard(), cursor.stream());
        }
        Runnable endOfRecords = stream.view().log().follow(index.getAsInt(), listener);
        Runnable endOfChanges = stream.follow(listener);
        return () -> {
            endOfRecords.run();
            endOfChanges.run();
        };
    }

    /** The stream that a cursor stands in. */
    private LiveStream readable(ShardCursor cursor) {
        LiveStream stream = catalog.find(cursor.stream());
        View view = stream == null ? null : stream.view();
        if (stream == null
                || view == null
                || !view.isUsable()
                || !view.state().created().equals(cursor.streamCreated())) {
            throw refusals.shardDoesNotExist(cursor.shard(), cursor.stream());
        }
        return stream;
    }

    /** Closes without waiting. */
    CompletableFuture<Void> closeAsync() {
        return catalog.close();
    }

    @Override
    public void close() {
        unwrapped(closeAsync());
    }

    /** Waits for an outcome and throws what it failed with, not what that was wrapped in. */
    static <T> T unwrapped(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private LiveStream find(StreamName name) {
        LiveStream stream = catalog.find(name);
        if (stream == null) {
            throw refusals.streamNotFound(name);
        }
        return stream;
    }

    /** The same outcome, but a failure is a {@link StreamException} and not wrapped in anything. */
    private <T> CompletableFuture<T> plain(CompletableFuture<T> future) {
        if (future.isDone() && !future.isCompletedExceptionally()) {
            return future;
        }
        CompletableFuture<T> plain = new CompletableFuture<>();
        var unused = future.whenComplete((value, error) -> {
            if (error == null) {
                plain.complete(value);
            } else {
                plain.completeExceptionally(refusal(error));
            }
        });
        return plain;
    }

    private StreamException refusal(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof StreamException refused) {
            return refused;
        }
        log.error("A call failed: {}", cause.toString());
        return cause instanceof LogException ? refusals.notChanged() : refusals.failed();
    }
}
