package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.log.ShardLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens what the catalog of a data folder holds: the log of every stream, those of damaged streams set aside if that is
 * wanted. Used once, on the catalog's loop.
 */
final class CatalogOpening {
    private static final Logger log = LoggerFactory.getLogger(CatalogOpening.class);

    private final StreamsSettings settings;
    private final LogEngine engine;
    private final EventLoop loop;
    private final List<Opened> opened = new ArrayList<>();
    private final Map<StreamName, Damaged> damaged = new TreeMap<>();

    CatalogOpening(StreamsSettings settings, LogEngine engine, EventLoop loop) {
        this.settings = requireNonNull(settings, "settings");
        this.engine = requireNonNull(engine, "engine");
        this.loop = requireNonNull(loop, "loop");
    }

    /** Opens all streams. Completes on the loop. */
    CompletableFuture<List<Opened>> open() {
        List<CompletableFuture<Void>> opening = new ArrayList<>();
        Set<String> logNames = new HashSet<>();
        Map<String, MetaStore.Entry> kept = engine.meta().entries();
        kept.forEach((key, value) -> {
            if (StoredStreams.isStream(key)) {
                StreamEntry entry = decode(kept, key, value, settings.directory());
                logNames.add(entry.logName());
                opening.add(open(entry, value.version()));
            }
        });
        CompletableFuture<List<String>> names = CompletableFuture.allOf(opening.toArray(CompletableFuture<?>[]::new))
                .thenCompose(all -> setAside())
                .thenCompose(set -> engine.names());
        return loop.home(names).thenApply(found -> {
            tellOrphans(found, logNames);
            return opened;
        });
    }

    /** Opens the log of each stream that must have one; completes with how many streams there are. */
    static CompletableFuture<Integer> openLogs(LogEngine engine, Path directory) {
        Map<String, MetaStore.Entry> kept = engine.meta().entries();
        List<CompletableFuture<ShardLog>> opening = new ArrayList<>();
        int streams = 0;
        for (Map.Entry<String, MetaStore.Entry> each : kept.entrySet()) {
            if (StoredStreams.isStream(each.getKey())) {
                streams++;
                StreamEntry entry = decode(kept, each.getKey(), each.getValue(), directory);
                switch (entry.status()) {
                    case ACTIVE, UPDATING -> opening.add(engine.openExisting(entry.logName()));
                    case CREATING, DELETING -> {}
                }
            }
        }
        int count = streams;
        return CompletableFuture.allOf(opening.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> count);
    }

    private CompletableFuture<Void> open(StreamEntry entry, long version) {
        return openLog(engine, entry, loop).handle((shardLog, error) -> {
            if (error == null) {
                opened.add(new Opened(entry, version, shardLog));
            } else if (entry.status() == StreamState.Status.CREATING && cause(error) instanceof LogFailedException) {
                // There may be no room for a new log. It is made when there is, as for a stream that is just created.
                opened.add(new Opened(entry, version, null));
            } else if (cause(error) instanceof CorruptLogException damage) {
                damaged.put(entry.name(), new Damaged(entry, version, damage));
            } else {
                throw new CompletionException(cause(error));
            }
            return null;
        });
    }

    /** Opens the log of a stream, unless it is going away. Completes on the loop. */
    static CompletableFuture<@Nullable ShardLog> openLog(LogEngine engine, StreamEntry entry, EventLoop loop) {
        CompletableFuture<@Nullable ShardLog> opening = switch (entry.status()) {
            // It may be half gone.
            case DELETING -> CompletableFuture.completedFuture(null);
            // It may not be there yet.
            case CREATING -> engine.open(entry.logName()).thenApply(opened -> opened);
            case ACTIVE, UPDATING -> engine.openExisting(entry.logName()).thenApply(opened -> opened);
        };
        return loop.home(opening.thenCompose(opened -> encryptAsSet(opened, entry)));
    }

    private static CompletableFuture<@Nullable ShardLog> encryptAsSet(@Nullable ShardLog opened, StreamEntry entry) {
        return opened == null || !entry.options().isEncrypted()
                ? CompletableFuture.completedFuture(opened)
                : opened.encrypt(true).thenApply(done -> opened);
    }

    /** Moves damaged streams out of the way, one after the other, if that is wanted; else refuses to go on. */
    private CompletableFuture<Void> setAside() {
        if (!damaged.isEmpty() && !settings.setsAsideDamaged()) {
            throw damaged.values().iterator().next().damage().withAdvice(advice(damaged.keySet()));
        }
        CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
        for (Damaged found : damaged.values()) {
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
    private CompletableFuture<Void> setAside(Damaged found) {
        StreamEntry entry = found.entry();
        return engine.setAside(entry.logName(), StreamEntryCodec.encode(entry))
                .thenCompose(place -> engine.meta()
                        .commit(new MetaChange(
                                StoredStreams.remove(engine.meta().entries(), found.version(), entry)))
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

    private static StreamEntry decode(
            Map<String, MetaStore.Entry> kept, String key, MetaStore.Entry value, Path directory) {
        try {
            return StoredStreams.read(kept, value);
        } catch (IllegalArgumentException e) {
            throw Refusals.unreadable(directory, key, e);
        }
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }

    /**
     * A stream that can be served.
     *
     * @param entry its entry
     * @param version the version of the entry
     * @param logOrNull its log; absent when it is going away
     */
    record Opened(StreamEntry entry, long version, @Nullable ShardLog logOrNull) {}

    private record Damaged(StreamEntry entry, long version, CorruptLogException damage) {}
}
