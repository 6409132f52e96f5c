package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.stream.ConsumerState.Status;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules and the durable entries of consumers. Each has a key of its own beside its stream's; its changes take their
 * turn with the stream's, so that a stream that is going away gets no new consumer and one with consumers is not deleted
 * by mistake.
 *
 * <p>Changes run on the catalog's loop. Lookups are safe for any thread: a stream's consumers are one immutable map,
 * replaced after each durable change.
 */
final class ConsumerRegistry implements Consumers {
    /** What the keys of all consumers begin with; the stream's log name and the consumer's name follow. */
    private static final String KEY_PREFIX = "consumer/";
    /** The service's limits. */
    private static final int MOST = 20;

    private static final int MOST_IN_ADVANTAGE = 50;
    private static final int MOST_CREATING = 5;
    private static final long MILLIS = 1000;
    private static final Logger log = LoggerFactory.getLogger(ConsumerRegistry.class);

    private final StreamsSettings settings;
    private final MetaStore meta;
    private final Refusals refusals;
    private final InstantSource clock;
    private final EventLoop loop;
    private final Function<StreamName, @Nullable LiveStream> streams;
    private final BooleanSupplier hasCommitment;
    private final ConcurrentMap<String, SortedMap<String, Known>> byLogName = new ConcurrentHashMap<>();

    /** Belongs to the loop: no later consumer of the stream may have an ARN that one had before. */
    private final Map<String, Long> lastGoneSeconds = new TreeMap<>();

    /**
     * A registry without consumers yet.
     *
     * @param loop the catalog's
     * @param streams finds a stream
     * @param hasCommitment whether the account's billing commitment holds now
     */
    ConsumerRegistry(
            StreamsSettings settings,
            MetaStore meta,
            Refusals refusals,
            EventLoop loop,
            Function<StreamName, @Nullable LiveStream> streams,
            BooleanSupplier hasCommitment) {
        this.settings = requireNonNull(settings, "settings");
        this.meta = requireNonNull(meta, "meta");
        this.refusals = requireNonNull(refusals, "refusals");
        this.clock = settings.platform().clock();
        this.loop = requireNonNull(loop, "loop");
        this.streams = requireNonNull(streams, "streams");
        this.hasCommitment = requireNonNull(hasCommitment, "hasCommitment");
    }

    /** Takes the consumers of these streams out of the catalog, and goes on with what was half done. Loop only. */
    void load(Collection<LiveStream> opened) {
        meta.entries().forEach((key, value) -> {
            if (key.startsWith(KEY_PREFIX)) {
                String logName =
                        key.substring(KEY_PREFIX.length(), Math.max(KEY_PREFIX.length(), key.lastIndexOf('/')));
                show(logName, new Known(decode(key, value), value.version()));
            }
        });
        // Those of streams that were set aside are left in the catalog, for when the stream comes back.
        byLogName
                .keySet()
                .retainAll(opened.stream()
                        .map(stream -> stream.view().entry().logName())
                        .collect(Collectors.toSet()));
        opened.forEach(this::resume);
    }

    private ConsumerEntry decode(String key, MetaStore.Entry value) {
        try {
            return ConsumerEntry.decode(value.value());
        } catch (IllegalArgumentException e) {
            throw Refusals.unreadable(settings.directory(), key, e);
        }
    }

    private void resume(LiveStream stream) {
        for (Known known : known(stream).values()) {
            switch (known.entry.status()) {
                case CREATING -> later(() -> activate(stream, known.entry));
                case ACTIVE -> {}
                case DELETING -> later(() -> remove(stream, known.entry));
            }
        }
    }

    /** How many consumers a stream has, those that are going away not counted. */
    int count(StreamEntry stream) {
        return (int) byLogName.getOrDefault(stream.logName(), Collections.emptySortedMap()).values().stream()
                .filter(known -> known.entry.status() != Status.DELETING)
                .count();
    }

    /** What takes a stream's consumers out of the catalog together with the stream. Loop only. */
    List<MetaChange.Part> removals(StreamEntry stream) {
        List<MetaChange.Part> parts = new ArrayList<>();
        byLogName
                .getOrDefault(stream.logName(), Collections.emptySortedMap())
                .forEach((name, known) ->
                        parts.add(new MetaChange.Part(key(stream.logName(), name), known.version, null)));
        return parts;
    }

    /** A stream is gone for good, and its consumers with it. Loop only. */
    void forget(StreamEntry stream) {
        byLogName.remove(stream.logName());
        lastGoneSeconds.remove(stream.logName());
    }

    @Override
    public ConsumerState get(StreamName stream, String name) {
        LiveStream live = find(stream);
        Known known = known(live).get(name);
        if (known == null) {
            throw refusals.consumerNotFound(name, stream);
        }
        return state(live, known);
    }

    @Override
    public boolean isActive(ConsumerState consumer) {
        LiveStream live = streams.apply(consumer.stream());
        Known known = live == null ? null : known(live).get(consumer.name());
        return live != null
                && known != null
                && live.view().entry().status() != StreamState.Status.DELETING
                && known.entry.status() == Status.ACTIVE
                && known.entry.createdMillis() == consumer.created().toEpochMilli();
    }

    @Override
    public List<ConsumerState> list(StreamName stream) {
        LiveStream live = find(stream);
        return known(live).values().stream().map(known -> state(live, known)).toList();
    }

    @Override
    public CompletableFuture<ConsumerState> register(StreamName stream, String name, Map<String, String> tags) {
        return with(
                stream,
                live -> live.inTurn(() -> registerNow(live, name, tags))
                        .thenCompose(registered -> afterTransition(() -> activate(live, registered.entry))
                                .thenApply(done -> state(live, known(live).getOrDefault(name, registered)))));
    }

    @Override
    public CompletableFuture<Void> deregister(StreamName stream, String name) {
        return with(
                stream,
                live -> live.inTurn(() -> deregisterNow(live, name))
                        .thenCompose(deleting -> afterTransition(() -> remove(live, deleting.entry))));
    }

    @Override
    public CompletableFuture<Void> retag(StreamName stream, String name, UnaryOperator<Map<String, String>> change) {
        return change(stream, name, entry -> entry.withTags(change.apply(entry.tags())));
    }

    @Override
    public CompletableFuture<Void> setPolicy(StreamName stream, String name, @Nullable String policy) {
        return change(stream, name, entry -> entry.withPolicy(policy));
    }

    private CompletableFuture<Void> change(StreamName stream, String name, UnaryOperator<ConsumerEntry> change) {
        return with(
                stream,
                live -> live.inTurn(() -> {
                    Known known = existing(live, name);
                    return commit(live, change.apply(known.entry), known.version)
                            .thenAccept(done -> {});
                }));
    }

    private CompletableFuture<Known> registerNow(LiveStream live, String name, Map<String, String> tags) {
        check(live, name);
        String logName = live.view().entry().logName();
        long earliest = (lastGoneSeconds.getOrDefault(logName, -1L) + 1) * MILLIS;
        ConsumerEntry entry = ConsumerEntry.create(name, Math.max(clock.millis(), earliest), tags);
        return commit(live, entry, 0);
    }

    private CompletableFuture<Known> deregisterNow(LiveStream live, String name) {
        Known known = existing(live, name);
        return known.entry.status() == Status.DELETING
                ? CompletableFuture.completedFuture(known)
                : commit(live, known.entry.with(Status.DELETING), known.version);
    }

    private void check(LiveStream live, String name) {
        StreamEntry stream = live.view().entry();
        if (!stream.isUsable()) {
            throw refusals.notActive(stream.name(), stream.status());
        }
        SortedMap<String, Known> known = known(live);
        if (known.containsKey(name)) {
            throw refusals.consumerExists(name, stream.name());
        }
        // The service calls on-demand streams of an account with a commitment on-demand advantage.
        boolean isAdvantage = stream.options().isOnDemand() && hasCommitment.getAsBoolean();
        int most = isAdvantage ? MOST_IN_ADVANTAGE : MOST;
        if (known.size() >= most) {
            throw refusals.consumerLimit(stream.name(), most);
        }
        long creating = known.values().stream()
                .filter(one -> one.entry.status() == Status.CREATING)
                .count();
        if (creating >= MOST_CREATING) {
            throw refusals.creatingConsumerLimit(stream.name(), MOST_CREATING);
        }
    }

    private Known existing(LiveStream live, String name) {
        Known known = known(live).get(name);
        if (known == null) {
            throw refusals.consumerNotFound(name, live.view().entry().name());
        }
        return known;
    }

    private CompletableFuture<Void> activate(LiveStream live, ConsumerEntry entry) {
        return step(
                live,
                entry,
                Status.CREATING,
                known -> commit(live, known.entry.with(Status.ACTIVE), known.version)
                        .thenAccept(done -> {}));
    }

    private CompletableFuture<Void> remove(LiveStream live, ConsumerEntry entry) {
        String logName = live.view().entry().logName();
        return step(
                live,
                entry,
                Status.DELETING,
                known -> meta.commit(MetaChange.remove(key(logName, entry.name()), known.version))
                        .thenAcceptAsync(
                                version -> {
                                    checkVersion(version, entry);
                                    lastGoneSeconds.merge(logName, entry.createdMillis() / MILLIS, Math::max);
                                    SortedMap<String, Known> left = new TreeMap<>(known(live));
                                    left.remove(entry.name());
                                    byLogName.put(logName, Collections.unmodifiableSortedMap(left));
                                    live.probe().consumerGone(entry.name());
                                    live.wake();
                                },
                                loop));
    }

    /** Goes one step on with a consumer, if it is still the one it was and its stream is still there. */
    private CompletableFuture<Void> step(
            LiveStream live, ConsumerEntry entry, Status expected, Function<Known, CompletableFuture<Void>> change) {
        return live.inTurn(() -> {
            Known known = known(live).get(entry.name());
            boolean isSame = known != null
                    && known.entry.createdMillis() == entry.createdMillis()
                    && known.entry.status() == expected;
            return isSame ? change.apply(requireNonNull(known)) : CompletableFuture.completedFuture(null);
        });
    }

    /** Makes one entry durable, then shows it. */
    private CompletableFuture<Known> commit(LiveStream live, ConsumerEntry entry, long version) {
        String logName = live.view().entry().logName();
        return meta.commit(MetaChange.put(key(logName, entry.name()), version, entry.encode()))
                .thenApplyAsync(
                        committed -> {
                            checkVersion(committed, entry);
                            Known known = new Known(entry, committed);
                            show(logName, known);
                            log.info("Consumer {} of stream {}: {}", entry.name(), logName, entry.status());
                            live.wake();
                            return known;
                        },
                        loop);
    }

    private void checkVersion(long version, ConsumerEntry entry) {
        if (version == 0) {
            log.error("Consumer {} was changed by somebody else; restart this server", entry.name());
            throw refusals.notChanged();
        }
    }

    /** Runs a step when the transition time is over. Completes at once, but with no transition time after the step. */
    private CompletableFuture<Void> afterTransition(Supplier<CompletableFuture<Void>> step) {
        if (settings.transitionTime().isZero()) {
            return step.get();
        }
        later(step);
        return CompletableFuture.completedFuture(null);
    }

    private void later(Supplier<CompletableFuture<Void>> step) {
        var unused = loop.schedule(settings.transitionTime(), () -> {
            var unusedStep = step.get().exceptionally(error -> {
                log.debug("A step of a consumer failed: {}", error.toString());
                return null;
            });
        });
    }

    private <T> CompletableFuture<T> with(StreamName stream, Function<LiveStream, CompletableFuture<T>> task) {
        return loop.call(() -> task.apply(find(stream)));
    }

    private LiveStream find(StreamName stream) {
        LiveStream live = streams.apply(stream);
        if (live == null) {
            throw refusals.streamNotFound(stream);
        }
        return live;
    }

    private SortedMap<String, Known> known(LiveStream live) {
        return byLogName.getOrDefault(live.view().entry().logName(), Collections.emptySortedMap());
    }

    private void show(String logName, Known known) {
        SortedMap<String, Known> next = new TreeMap<>(byLogName.getOrDefault(logName, Collections.emptySortedMap()));
        next.put(known.entry.name(), known);
        byLogName.put(logName, Collections.unmodifiableSortedMap(next));
    }

    /** A stream that is going away takes its consumers along. */
    private static ConsumerState state(LiveStream live, Known known) {
        StreamState stream = live.view().state();
        ConsumerEntry entry = known.entry;
        Status status = stream.status() == StreamState.Status.DELETING ? Status.DELETING : entry.status();
        return new ConsumerState(
                stream.name(),
                stream.arn(),
                entry.name(),
                stream.arn() + "/consumer/" + entry.name() + ":" + entry.createdMillis() / MILLIS,
                status,
                Instant.ofEpochMilli(entry.createdMillis()),
                entry.tags(),
                entry.policyOrNull());
    }

    private static String key(String logName, String name) {
        return KEY_PREFIX + logName + "/" + name;
    }

    /** An entry and the number of the change that wrote it. */
    private record Known(ConsumerEntry entry, long version) {}
}
