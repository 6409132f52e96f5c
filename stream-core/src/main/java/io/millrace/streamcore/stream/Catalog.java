package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.log.ShardBounds;
import io.millrace.streamcore.log.ShardLog;
import io.millrace.streamcore.stream.LiveStream.View;
import io.millrace.streamcore.stream.StreamState.Status;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the changes of streams: each is decided by {@link StreamEntry}, made durable by one atomic change of the
 * {@link MetaStore}, and only then shown. Timers take streams out of their transient states; a server that was stopped in
 * one takes it up where it was.
 *
 * <p>Changes run on the catalog's own loop, those of one stream one after the other. Lookups are safe for any thread.
 */
final class Catalog {
    private static final Logger log = LoggerFactory.getLogger(Catalog.class);
    private static final String KEY_PREFIX = "stream/";
    private static final Duration RETENTION_CHECK = Duration.ofMinutes(1);
    private static final long HOUR_MILLIS = 3_600_000;

    private final StreamsSettings settings;
    private final StreamsContext context;
    private final LogEngine engine;
    private final MetaStore meta;
    private final Refusals refusals;
    private final InstantSource clock;
    private final EventLoop loop;
    private final ConcurrentNavigableMap<StreamName, LiveStream> streams = new ConcurrentSkipListMap<>();

    private volatile boolean closing;

    // The loop's.
    private CompletableFuture<?> lastCreate = CompletableFuture.completedFuture(null);
    private long lastCreatedMillis;

    Catalog(StreamsSettings settings, StreamsContext context, LogEngine engine, Refusals refusals) {
        this.settings = requireNonNull(settings, "settings");
        this.context = requireNonNull(context, "context");
        this.engine = requireNonNull(engine, "engine");
        this.meta = engine.meta();
        this.refusals = requireNonNull(refusals, "refusals");
        this.clock = settings.platform().clock();
        this.loop = settings.platform().newEventLoop("stream-catalog");
    }

    /** Opens the log of every stream and goes on with what was half done. */
    CompletableFuture<Void> start() {
        return onLoop(this::openAll).handle((ok, error) -> error).thenCompose(error -> {
            if (error == null) {
                return CompletableFuture.completedFuture(null);
            }
            return close().handle((ok, alsoFailed) -> null).thenCompose(ok -> CompletableFuture.failedFuture(error));
        });
    }

    List<StreamName> names() {
        return List.copyOf(streams.keySet());
    }

    @Nullable
    LiveStream find(StreamName name) {
        return streams.get(name);
    }

    CompletableFuture<Void> create(StreamName name, int shards) {
        return onLoop(() -> {
            CompletableFuture<Void> done =
                    lastCreate.handle((ok, error) -> 0).thenCompose(before -> createNow(name, shards));
            lastCreate = done;
            return done.thenCompose(ok ->
                    afterTransition(name, () -> activate(requireNonNull(streams.get(name), "stream"))));
        });
    }

    CompletableFuture<Void> delete(StreamName name) {
        return onLoop(() -> {
            LiveStream stream = streams.get(name);
            if (stream == null) {
                throw refusals.streamNotFound(name);
            }
            if (stream.view().entry().status() == Status.DELETING) {
                return CompletableFuture.completedFuture(null);
            }
            return change(stream, StreamEntry::deleting)
                    .thenCompose(deleting -> afterTransition(nameOf(stream), () -> remove(stream)));
        });
    }

    /** Splits or merges as {@code rule} decides. */
    CompletableFuture<Void> reshard(LiveStream stream, UnaryOperator<StreamEntry> rule) {
        return onLoop(() -> change(stream, entry -> {
                    StreamEntry next = rule.apply(entry);
                    checkShardLimit(more(next));
                    return next;
                })
                .thenCompose(decided -> finishResharding(stream)));
    }

    /** Stops changes and closes the storage. */
    CompletableFuture<Void> close() {
        closing = true;
        loop.close();
        return loop.closed().thenCompose(ended -> engine.close());
    }

    private CompletableFuture<Void> openAll() {
        Map<StreamName, Found> damaged = new TreeMap<>();
        List<CompletableFuture<Void>> opening = new ArrayList<>();
        Set<String> logNames = new HashSet<>();
        for (Map.Entry<String, MetaStore.Entry> found : meta.entries().entrySet()) {
            StreamEntry entry = decode(found.getKey(), found.getValue());
            long version = found.getValue().version();
            logNames.add(entry.logName());
            lastCreatedMillis = Math.max(lastCreatedMillis, entry.createdMillis());
            opening.add(openLog(entry).handle((shardLog, error) -> {
                if (error == null) {
                    show(entry, version, shardLog);
                } else if (cause(error) instanceof CorruptLogException damage) {
                    damaged.put(entry.name(), new Found(entry, version, damage));
                } else {
                    throw new CompletionException(cause(error));
                }
                return null;
            }));
        }
        return all(opening)
                .thenCompose(opened -> setAside(damaged))
                .thenCompose(set -> engine.names())
                .whenCompleteAsync((ok, error) -> {}, loop)
                .thenCompose(names -> {
                    tellOrphans(names, logNames);
                    checkRetentionLater();
                    return all(streams.values().stream().map(this::resume).toList());
                });
    }

    /** A stream of the catalog whose log is damaged. */
    private record Found(StreamEntry entry, long version, CorruptLogException damage) {}

    /** Moves damaged streams out of the way, one after the other, if that is wanted; else refuses to go on. */
    private CompletableFuture<Void> setAside(Map<StreamName, Found> damaged) {
        if (!damaged.isEmpty() && !settings.setsAsideDamaged()) {
            throw damaged.values().iterator().next().damage().withAdvice(advice(damaged.keySet()));
        }
        CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
        for (Found found : damaged.values()) {
            done = done.thenCompose(before -> setAside(found));
        }
        return done;
    }

    private static String advice(Set<StreamName> damaged) {
        String which = damaged.size() == 1 ? "this stream" : "the " + damaged.size() + " damaged streams " + damaged;
        return ", or start with `millrace server --set-aside-damaged` to move " + which
                + " out of the way and go on without";
    }

    /** The files first: if the server dies in between, the stream is damaged still and nobody takes it for empty. */
    private CompletableFuture<Void> setAside(Found found) {
        StreamEntry entry = found.entry();
        return engine.setAside(entry.logName(), StreamEntryCodec.encode(entry))
                .thenCompose(place -> commit(MetaChange.remove(key(entry.name()), found.version()))
                        .thenAccept(version -> log.warn(
                                "Stream {} is damaged and no longer served; what is left of it, and its catalog entry, is in {}:"
                                        + " {}",
                                entry.name(),
                                place,
                                found.damage().finding())));
    }

    private void tellOrphans(List<String> names, Set<String> known) {
        List<String> orphans =
                names.stream().filter(name -> !known.contains(name)).toList();
        if (!orphans.isEmpty()) {
            log.warn(
                    "{} has folders of no stream in the catalog; they are left alone and not served: {}",
                    settings.directory().resolve("streams"),
                    String.join(", ", orphans));
        }
    }

    private CompletableFuture<@Nullable ShardLog> openLog(StreamEntry entry) {
        CompletableFuture<@Nullable ShardLog> opening = switch (entry.status()) {
            // It may be half gone.
            case DELETING -> CompletableFuture.completedFuture(null);
            // It may not be there yet.
            case CREATING -> engine.open(entry.logName()).thenApply(opened -> opened);
            case ACTIVE, UPDATING -> engine.openExisting(entry.logName()).thenApply(opened -> opened);
        };
        return opening.whenCompleteAsync((ok, error) -> {}, loop);
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }

    private StreamEntry decode(String key, MetaStore.Entry value) {
        try {
            return StreamEntryCodec.decode(value.value());
        } catch (IllegalArgumentException e) {
            throw new StreamException(
                    StreamException.Kind.INTERNAL_FAILURE,
                    "the catalog in " + settings.directory() + " has an entry " + key + " that cannot be read ("
                            + e.getMessage() + "); a newer server may have written it");
        }
    }

    private LiveStream show(StreamEntry entry, long version, @Nullable ShardLog shardLog) {
        LiveStream stream = new LiveStream(
                entry, version, shardLog, arn(entry.name()), context.probes().open(entry.name()));
        streams.put(entry.name(), stream);
        return stream;
    }

    private CompletableFuture<Void> resume(LiveStream stream) {
        StreamEntry entry = stream.view().entry();
        CompletableFuture<Void> resumed = switch (entry.status()) {
            case CREATING -> afterTransition(nameOf(stream), () -> activate(stream));
            case ACTIVE -> CompletableFuture.completedFuture(null);
            case UPDATING ->
                entry.resharding().isPresent()
                        ? finishResharding(stream)
                        : afterTransition(nameOf(stream), () -> activate(stream));
            case DELETING -> afterTransition(nameOf(stream), () -> remove(stream));
        };
        return logFailure(entry.name(), resumed);
    }

    private CompletableFuture<Void> createNow(StreamName name, int shards) {
        if (streams.containsKey(name)) {
            throw refusals.streamExists(name);
        }
        checkShardLimit(shards);
        long creating = streams.values().stream()
                .filter(stream -> stream.view().entry().status() == Status.CREATING)
                .count();
        if (creating >= settings.creatingLimit()) {
            throw refusals.creatingLimit(settings.creatingLimit());
        }
        // Above every earlier one, so that a stream is told from an earlier one of its name.
        lastCreatedMillis = Math.max(clock.millis(), lastCreatedMillis + 1);
        StreamEntry entry = StreamEntry.create(name, shards, lastCreatedMillis);
        return commit(MetaChange.put(key(name), 0, StreamEntryCodec.encode(entry)))
                .thenCompose(version -> {
                    if (version == 0) {
                        throw refusals.streamExists(name);
                    }
                    return openLog(entry).handle((shardLog, error) -> {
                        // Without a log it cannot be used, but seen and deleted.
                        show(entry, version, shardLog);
                        if (error != null) {
                            throw new CompletionException(error);
                        }
                        return null;
                    });
                });
    }

    private void checkShardLimit(int more) {
        int open = streams.values().stream()
                .mapToInt(stream -> stream.view().entry().openShards())
                .sum();
        if (more > 0 && open > settings.shardLimit() - more) {
            throw refusals.shardLimit(open, settings.shardLimit(), more);
        }
    }

    private static int more(StreamEntry resharding) {
        return resharding
                .resharding()
                .map(pending -> pending.children().size() - pending.parents().size())
                .orElse(0);
    }

    /** Seals the parents and opens the children of what is under way. Safe to do again after a crash at any point. */
    private CompletableFuture<Void> finishResharding(LiveStream stream) {
        View decided = stream.view();
        List<CompletableFuture<ShardBounds>> seals = decided.entry().resharding().stream()
                .flatMap(pending -> pending.parents().stream())
                .map(parent -> decided.log().seal(parent))
                .toList();
        return all(seals)
                .whenCompleteAsync((ok, error) -> {}, loop)
                .thenCompose(ended -> change(stream, entry -> {
                    if (entry.resharding().isEmpty()) {
                        // Deleted meanwhile.
                        throw refusals.streamNotFound(entry.name());
                    }
                    return entry.resharded(clock.millis() / 1000);
                }))
                .whenComplete((ok, error) -> {
                    if (error != null) {
                        stream.giveUp(error);
                    }
                })
                .thenCompose(done -> afterTransition(nameOf(stream), () -> activate(stream)));
    }

    private CompletableFuture<Void> activate(LiveStream stream) {
        return change(stream, entry -> {
                    boolean due = entry.status() == Status.CREATING
                            || (entry.status() == Status.UPDATING
                                    && entry.resharding().isEmpty());
                    return due ? entry.activated() : entry;
                })
                .thenAccept(view -> {});
    }

    private CompletableFuture<Void> remove(LiveStream stream) {
        StreamEntry entry = stream.view().entry();
        return engine.drop(entry.logName())
                .whenCompleteAsync((ok, error) -> {}, loop)
                .thenCompose(dropped -> stream.inTurn(() -> commit(
                        MetaChange.remove(key(entry.name()), stream.view().version()))))
                .thenAccept(version -> {
                    streams.remove(entry.name(), stream);
                    context.quotas().clear(entry.name());
                    stream.probe().close();
                    stream.giveUp(refusals.streamNotFound(entry.name()));
                });
    }

    /** Makes one change durable, then shows it. */
    private CompletableFuture<View> change(LiveStream stream, UnaryOperator<StreamEntry> rule) {
        return stream.inTurn(() -> {
            View before = stream.view();
            StreamEntry entry = rule.apply(before.entry());
            if (entry.equals(before.entry())) {
                return CompletableFuture.completedFuture(before);
            }
            return commit(MetaChange.put(key(entry.name()), before.version(), StreamEntryCodec.encode(entry)))
                    .thenApply(version -> {
                        if (version == 0) {
                            log.error("Stream {} was changed by somebody else; restart this server", entry.name());
                            throw refusals.internalFailure();
                        }
                        View after = View.of(entry, version, before.logOrNull(), arn(entry.name()));
                        stream.install(after);
                        if (before.entry().status() != entry.status()) {
                            log.debug(
                                    "Stream {}: {} -> {}",
                                    entry.name(),
                                    before.entry().status(),
                                    entry.status());
                        }
                        return after;
                    });
        });
    }

    private CompletableFuture<Long> commit(MetaChange change) {
        return meta.commit(change).whenCompleteAsync((ok, error) -> {}, loop);
    }

    /** Runs a step when the transition time is over. Completes at once, but with no transition time after the step. */
    private CompletableFuture<Void> afterTransition(StreamName name, Supplier<CompletableFuture<Void>> step) {
        if (settings.transitionTime().isZero()) {
            return step.get();
        }
        loop.schedule(settings.transitionTime(), () -> {
            var unused = logFailure(name, step.get());
        });
        return CompletableFuture.completedFuture(null);
    }

    /** Completes when the step is over; a failure is logged, unless the server is closing. */
    private CompletableFuture<Void> logFailure(StreamName name, CompletableFuture<Void> step) {
        return step.exceptionally(error -> {
            if (!closing) {
                log.error("A step of stream {} failed: {}", name, error.toString());
            }
            return null;
        });
    }

    private static CompletableFuture<Void> all(List<? extends CompletableFuture<?>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new));
    }

    private void checkRetentionLater() {
        var unused = loop.schedule(RETENTION_CHECK, () -> {
            streams.values().forEach(this::checkRetention);
            checkRetentionLater();
        });
    }

    private void checkRetention(LiveStream stream) {
        View view = stream.view();
        if (!view.isUsable()) {
            return;
        }
        long horizon = clock.millis() - view.entry().retentionHours() * HOUR_MILLIS;
        var unused = logFailure(
                view.entry().name(),
                view.log()
                        .truncateBefore(horizon)
                        .whenCompleteAsync((ok, error) -> {}, loop)
                        .thenCompose(truncated -> change(stream, entry -> entry.without(expired(view, horizon))))
                        .thenAccept(changed -> {}));
    }

    private static Set<Integer> expired(View view, long horizonMillis) {
        Set<Integer> expired = new HashSet<>();
        for (ShardEntry shard : view.entry().shards()) {
            if (!shard.isOpen() && shard.closedSeconds() < horizonMillis / 1000) {
                ShardBounds bounds = view.log().bounds(shard.index());
                if (bounds.first() == bounds.end()) {
                    expired.add(shard.index());
                }
            }
        }
        return expired;
    }

    private <T> CompletableFuture<T> onLoop(Supplier<CompletableFuture<T>> task) {
        return CompletableFuture.completedFuture(0).thenComposeAsync(now -> task.get(), loop);
    }

    private String arn(StreamName name) {
        return "arn:aws:kinesis:" + settings.region() + ":" + settings.account() + ":stream/" + name;
    }

    private static StreamName nameOf(LiveStream stream) {
        return stream.view().entry().name();
    }

    private static String key(StreamName name) {
        return KEY_PREFIX + name;
    }
}
