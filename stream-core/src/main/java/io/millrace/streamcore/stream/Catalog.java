package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.log.ShardBounds;
import io.millrace.streamcore.log.ShardLog;
import io.millrace.streamcore.stream.LiveStream.View;
import io.millrace.streamcore.stream.StreamState.Status;
import io.millrace.streamcore.stream.Streams.Changed;
import io.millrace.streamcore.stream.account.Account;
import io.millrace.streamcore.stream.account.AccountState;
import io.millrace.streamcore.stream.account.BillingCommitment;
import io.millrace.streamcore.stream.account.CatalogTurn;
import io.millrace.streamcore.stream.account.CommitmentCodec;
import io.millrace.streamcore.stream.watch.StreamsContext;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiFunction;
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
    private static final String COMMITMENT_KEY = "account/commitment";
    /** How many streams of an account may be in mode ON_DEMAND: the service's default. */
    private static final int ON_DEMAND_LIMIT = 50;
    /** How soon a step that failed is tried again. */
    private static final Duration STEP_RETRY = Duration.ofSeconds(2);

    private final StreamsSettings settings;
    private final StreamsContext context;
    private final LogEngine engine;
    private final MetaStore meta;
    private final Refusals refusals;
    private final InstantSource clock;
    private final EventLoop loop;
    private final ConcurrentNavigableMap<StreamName, LiveStream> streams = new ConcurrentSkipListMap<>();

    private final Upkeep upkeep;
    private final ConsumerRegistry consumers;

    private volatile boolean closing;
    private volatile Versioned commitment = new Versioned(BillingCommitment.NONE, 0);

    private final CatalogTurn turn;

    // The loop's.
    private CompletableFuture<BillingCommitment> lastCommitment =
            CompletableFuture.completedFuture(BillingCommitment.NONE);
    private CompletableFuture<?> lastCreate = CompletableFuture.completedFuture(null);

    Catalog(StreamsSettings settings, StreamsContext context, LogEngine engine, Refusals refusals, CatalogTurn turn) {
        this.settings = requireNonNull(settings, "settings");
        this.context = requireNonNull(context, "context");
        this.engine = requireNonNull(engine, "engine");
        this.meta = engine.meta();
        this.refusals = requireNonNull(refusals, "refusals");
        this.clock = settings.platform().clock();
        this.turn = requireNonNull(turn, "turn");
        this.loop = turn.loop();
        this.consumers = new ConsumerRegistry(
                settings, meta, refusals, loop, this::find, () -> ruleContext().hasCommitment());
        this.upkeep = new Upkeep(this, settings.platform(), loop);
    }

    /** Opens the log of every stream and goes on with what was half done. */
    CompletableFuture<Void> start() {
        return loop.call(this::openAll).handle((ok, error) -> error).thenCompose(error -> {
            if (error == null) {
                return CompletableFuture.completedFuture(null);
            }
            return close().handle((ok, alsoFailed) -> null).thenCompose(ok -> CompletableFuture.failedFuture(error));
        });
    }

    /** Starts without looking, where nothing is kept. */
    void startEmpty() {
        loop.execute(upkeep::start);
    }

    List<StreamName> names() {
        return List.copyOf(streams.keySet());
    }

    @Nullable
    LiveStream find(StreamName name) {
        return streams.get(name);
    }

    AccountState account() {
        int open = 0;
        int onDemand = 0;
        for (LiveStream stream : streams.values()) {
            StreamEntry entry = stream.view().entry();
            if (entry.options().isOnDemand()) {
                onDemand++;
            } else {
                open += entry.openShards();
            }
        }
        return new AccountState(open, settings.shardLimit(), onDemand, ON_DEMAND_LIMIT, commitment.value());
    }

    ConsumerRegistry consumers() {
        return consumers;
    }

    Collection<LiveStream> all() {
        return streams.values();
    }

    CompletableFuture<Void> create(StreamName name, StreamOptions options, int shards) {
        return loop.call(() -> {
            CompletableFuture<Void> done =
                    lastCreate.handle((ok, error) -> 0).thenCompose(before -> createNow(name, options, shards));
            lastCreate = done;
            return done.thenCompose(ok -> carryOn(requireNonNull(streams.get(name), "stream")));
        });
    }

    CompletableFuture<Void> delete(StreamName name, boolean withConsumers) {
        return loop.call(() -> {
            LiveStream stream = streams.get(name);
            if (stream == null) {
                throw refusals.streamNotFound(name);
            }
            if (stream.view().entry().status() == Status.DELETING) {
                return CompletableFuture.completedFuture(null);
            }
            return commit(stream, entry -> {
                        // Within the stream's turn: no consumer is just being registered.
                        int registered = consumers.count(entry);
                        if (registered > 0 && !withConsumers) {
                            throw refusals.hasConsumers(name, registered);
                        }
                        return entry.deleting();
                    })
                    .thenCompose(deleting -> carryOn(stream));
        });
    }

    /** Makes the change that a user asks for, and what follows from it. */
    CompletableFuture<Changed> change(LiveStream stream, StreamChange change) {
        return change(stream, change::decide);
    }

    /** Makes the change that {@code rule} decides, and what follows from it. */
    CompletableFuture<Changed> change(
            LiveStream stream, BiFunction<StreamEntry, StreamChange.Context, StreamEntry> rule) {
        return loop.call(() -> commit(stream, entry -> {
                    StreamEntry next = rule.apply(entry, ruleContext());
                    checkLimits(entry, next);
                    return next;
                })
                .thenCompose(done -> {
                    Changed changed =
                            new Changed(done.before().state(), done.after().state());
                    CompletableFuture<Void> rest =
                            done.isChange() ? carryOn(stream) : CompletableFuture.completedFuture(null);
                    return rest.thenApply(ok -> changed);
                }));
    }

    /** Begins or ends the billing commitment; one change of it after the other. */
    CompletableFuture<BillingCommitment> commit(boolean enabled) {
        return loop.call(() -> {
            CompletableFuture<BillingCommitment> done =
                    lastCommitment.handle((ok, error) -> 0).thenCompose(before -> commitNow(enabled));
            lastCommitment = done;
            return done;
        });
    }

    private CompletableFuture<BillingCommitment> commitNow(boolean enabled) {
        Versioned before = commitment;
        Instant now = clock.instant();
        BillingCommitment next =
                enabled ? before.value().enabled(now) : before.value().disabled(now);
        MetaChange change = MetaChange.put(COMMITMENT_KEY, before.version(), CommitmentCodec.encode(next));
        return commit(change).thenApply(version -> {
            if (version == 0) {
                throw refusals.notChanged();
            }
            commitment = new Versioned(next, version);
            return next;
        });
    }

    /** Stops changes and closes the storage. */
    CompletableFuture<Void> close() {
        closing = true;
        loop.close();
        return loop.closed().thenCompose(ended -> engine.close());
    }

    private CompletableFuture<Void> openAll() {
        openCommitment();
        return new CatalogOpening(settings, engine, loop).open().thenCompose(opened -> {
            for (CatalogOpening.Opened found : opened) {
                turn.note(found.entry().createdMillis());
                show(found.entry(), found.version(), found.logOrNull());
            }
            consumers.load(streams.values());
            upkeep.start();
            return allOf(streams.values().stream().map(this::resume).toList());
        });
    }

    private void openCommitment() {
        MetaStore.Entry found = meta.entries().get(COMMITMENT_KEY);
        if (found != null) {
            try {
                commitment = new Versioned(CommitmentCodec.decode(found.value()), found.version());
            } catch (IllegalArgumentException e) {
                throw Refusals.unreadable(settings.directory(), COMMITMENT_KEY, e);
            }
        }
    }

    private LiveStream show(StreamEntry entry, long version, @Nullable ShardLog shardLog) {
        LiveStream stream = new LiveStream(
                entry, version, shardLog, arn(entry.name()), context.probes().open(entry.name()));
        streams.put(entry.name(), stream);
        context.quotas().follow(entry.name(), entry.options().tags());
        return stream;
    }

    private CompletableFuture<Void> resume(LiveStream stream) {
        return logFailure(nameOf(stream), carryOn(stream));
    }

    /**
     * Takes a stream on from the state it is in: the same after a change and after a restart. A step that fails, because the
     * disk is full say, is tried again.
     */
    private CompletableFuture<Void> carryOn(LiveStream stream) {
        View seen = stream.view();
        return step(stream).whenComplete((ok, error) -> {
            if (error != null) {
                carryOnLater(stream, seen);
            }
        });
    }

    /** Takes a stream on unless something else does meanwhile. */
    private void carryOnLater(LiveStream stream, View seen) {
        if (closing) {
            return;
        }
        stream.noteTrouble();
        var unusedTimer = loop.schedule(STEP_RETRY, () -> {
            if (stream.view().version() == seen.version() && streams.get(nameOf(stream)) == stream) {
                var unused = carryOn(stream).exceptionally(error -> {
                    log.debug("A step of stream {} failed again: {}", nameOf(stream), error.toString());
                    return null;
                });
            }
        });
    }

    private CompletableFuture<Void> step(LiveStream stream) {
        StreamEntry entry = stream.view().entry();
        return switch (entry.status()) {
            case CREATING -> afterTransition(stream, () -> activate(stream));
            case ACTIVE -> CompletableFuture.completedFuture(null);
            case UPDATING ->
                entry.resharding().isPresent()
                        ? finishResharding(stream)
                        : afterTransition(stream, () -> activate(stream));
            case DELETING -> afterTransition(stream, () -> remove(stream));
        };
    }

    private StreamChange.Context ruleContext() {
        Instant now = clock.instant();
        boolean holds = commitment.value().statusAt(now) != BillingCommitment.Status.DISABLED;
        return new StreamChange.Context(refusals, now.toEpochMilli(), holds);
    }

    private CompletableFuture<Void> createNow(StreamName name, StreamOptions options, int shards) {
        if (streams.containsKey(name)) {
            throw refusals.streamExists(name);
        }
        checkLimits(options, 0, shards, options.isOnDemand());
        if (options.warmMibps() > 0 && !ruleContext().hasCommitment()) {
            throw refusals.noCommitment();
        }
        long creating = streams.values().stream()
                .filter(stream -> stream.view().entry().status() == Status.CREATING)
                .count();
        if (creating >= settings.creatingLimit()) {
            throw refusals.creatingLimit(settings.creatingLimit());
        }
        // Above every earlier one, so that a stream is told from an earlier one of its name.
        StreamEntry entry = StreamEntry.create(name, options, shards, turn.nextCreatedMillis(clock.millis()));
        return commit(StoredStreams.put(meta.entries(), 0, List.of(), entry)).thenCompose(version -> {
            if (version == 0) {
                throw refusals.streamExists(name);
            }
            return CatalogOpening.openLog(engine, entry, loop).handle((shardLog, error) -> {
                // Without a log it cannot be used, but seen and deleted.
                LiveStream stream = show(entry, version, shardLog);
                if (error != null) {
                    carryOnLater(stream, stream.view());
                    throw new CompletionException(error);
                }
                return null;
            });
        });
    }

    private void checkLimits(StreamEntry before, StreamEntry after) {
        boolean becomesOnDemand =
                after.options().isOnDemand() && !before.options().isOnDemand();
        int counted = before.options().isOnDemand() ? 0 : before.plannedShards();
        checkLimits(after.options(), counted, after.plannedShards(), becomesOnDemand);
    }

    /** Shards count in mode PROVISIONED, streams in mode ON_DEMAND. */
    private void checkLimits(StreamOptions options, int countedShards, int shards, boolean becomesOnDemand) {
        AccountState account = account();
        int more = options.isOnDemand() ? 0 : shards - countedShards;
        if (more > 0 && account.openShards() > account.shardLimit() - more) {
            throw refusals.shardLimit(account.openShards(), account.shardLimit(), more);
        }
        if (becomesOnDemand && account.onDemandStreams() >= account.onDemandLimit()) {
            throw refusals.onDemandLimit(account.onDemandLimit());
        }
    }

    /** Seals the parents and opens the children of what is under way. Safe to do again after a crash at any point. */
    private CompletableFuture<Void> finishResharding(LiveStream stream) {
        View decided = stream.view();
        List<CompletableFuture<ShardBounds>> seals = decided.entry().resharding().stream()
                .flatMap(pending -> pending.parents().stream())
                .sorted()
                .map(parent -> decided.log().seal(parent))
                .toList();
        return loop.home(allOf(seals))
                .thenCompose(ended -> commit(stream, entry -> {
                    if (entry.resharding().isEmpty()) {
                        // Deleted meanwhile.
                        throw refusals.streamNotFound(entry.name());
                    }
                    return entry.resharded(clock.millis());
                }))
                .whenComplete((ok, error) -> {
                    if (error != null) {
                        stream.giveUp(error);
                    }
                })
                // The next wave, if there is one.
                .thenCompose(done -> carryOn(stream));
    }

    private CompletableFuture<Void> activate(LiveStream stream) {
        View seen = stream.view();
        if (seen.logOrNull() != null || seen.entry().status() != Status.CREATING) {
            return activateNow(stream);
        }
        return CatalogOpening.openLog(engine, seen.entry(), loop).thenCompose(opened -> {
            if (stream.view().version() == seen.version()) {
                stream.install(View.of(
                        seen.entry(), seen.version(), opened, seen.state().arn()));
            }
            return activateNow(stream);
        });
    }

    private CompletableFuture<Void> activateNow(LiveStream stream) {
        return commit(stream, entry -> {
                    boolean due = entry.status() == Status.CREATING
                            || (entry.status() == Status.UPDATING
                                    && entry.resharding().isEmpty());
                    return due ? entry.activated() : entry;
                })
                .thenAccept(view -> {});
    }

    private CompletableFuture<Void> remove(LiveStream stream) {
        StreamEntry entry = stream.view().entry();
        return loop.home(engine.drop(entry.logName()))
                .thenCompose(dropped ->
                        stream.inTurn(() -> commit(removal(entry, stream.view().version()))))
                .thenAccept(version -> {
                    streams.remove(entry.name(), stream);
                    consumers.forget(entry);
                    context.quotas().clear(entry.name());
                    stream.probe().close();
                    stream.giveUp(refusals.streamNotFound(entry.name()));
                });
    }

    /** Takes a stream and its consumers out of the catalog at once. */
    private MetaChange removal(StreamEntry entry, long version) {
        List<MetaChange.Part> parts = new ArrayList<>(consumers.removals(entry));
        parts.addAll(StoredStreams.remove(meta.entries(), version, entry));
        return new MetaChange(parts);
    }

    /** Makes one change durable, then shows it. Loop only. */
    CompletableFuture<Committed> commit(LiveStream stream, UnaryOperator<StreamEntry> rule) {
        return stream.inTurn(() -> {
            View before = stream.view();
            StreamEntry entry = rule.apply(before.entry());
            if (entry.equals(before.entry())) {
                return CompletableFuture.completedFuture(new Committed(before, before));
            }
            return encryptBefore(before, entry)
                    .thenCompose(ready -> commit(StoredStreams.put(
                            meta.entries(), before.version(), before.entry().shards(), entry)))
                    .thenApply(version -> {
                        if (version == 0) {
                            log.error("Stream {} was changed by somebody else; restart this server", entry.name());
                            throw refusals.notChanged();
                        }
                        View after = before.changed(entry, version);
                        stream.install(after);
                        decryptAfter(before, after);
                        if (!before.entry()
                                .options()
                                .tags()
                                .equals(entry.options().tags())) {
                            context.quotas()
                                    .follow(entry.name(), entry.options().tags());
                        }
                        if (before.entry().status() != entry.status()) {
                            log.info(
                                    "Stream {}: {} -> {}",
                                    entry.name(),
                                    before.entry().status(),
                                    entry.status());
                        }
                        return new Committed(before, after);
                    });
        });
    }

    /** What is put once encryption is on is encrypted, even if the server dies meanwhile: the log begins first. */
    private CompletableFuture<Void> encryptBefore(View before, StreamEntry next) {
        boolean begins =
                next.options().isEncrypted() && !before.entry().options().isEncrypted();
        return begins && before.logOrNull() != null
                ? loop.home(before.log().encrypt(true))
                : CompletableFuture.completedFuture(null);
    }

    private void decryptAfter(View before, View after) {
        boolean ends = before.entry().options().isEncrypted()
                && !after.entry().options().isEncrypted();
        if (ends && after.logOrNull() != null) {
            var unused = logFailure(after.entry().name(), after.log().encrypt(false));
        }
    }

    private CompletableFuture<Long> commit(MetaChange change) {
        return loop.home(meta.commit(change));
    }

    /** Runs a step when the transition time is over. Completes at once, but with no transition time after the step. */
    private CompletableFuture<Void> afterTransition(LiveStream stream, Supplier<CompletableFuture<Void>> step) {
        if (settings.transitionTime().isZero()) {
            return step.get();
        }
        View seen = stream.view();
        var unusedTimer = loop.schedule(settings.transitionTime(), () -> {
            boolean isKnown = stream.isInTrouble();
            CompletableFuture<Void> done = step.get().whenComplete((ok, error) -> {
                if (error != null) {
                    carryOnLater(stream, seen);
                }
            });
            var unused = isKnown ? done : logFailure(nameOf(stream), done);
        });
        return CompletableFuture.completedFuture(null);
    }

    /** Completes when the step is over; a failure is logged, unless the server is closing. */
    CompletableFuture<Void> logFailure(StreamName name, CompletableFuture<Void> step) {
        return step.exceptionally(error -> {
            if (!closing) {
                log.error("A step of stream {} failed: {}", name, error.toString());
            }
            return null;
        });
    }

    private static CompletableFuture<Void> allOf(List<? extends CompletableFuture<?>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new));
    }

    /** What a change of one entry came from and led to. */
    record Committed(View before, View after) {
        boolean isChange() {
            return before.version() != after.version();
        }
    }

    /** The billing commitment with the version of its entry, 0 when there is none. */
    private record Versioned(BillingCommitment value, long version) {}

    private String arn(StreamName name) {
        return new Account(settings.region(), settings.account()).streamArn(name.value());
    }

    private static StreamName nameOf(LiveStream stream) {
        return stream.view().entry().name();
    }
}
