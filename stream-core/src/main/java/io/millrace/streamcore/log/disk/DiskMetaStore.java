package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogClosedException;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog in one file: the whole of it as the first frame, then one frame for each change. When the changes outweigh
 * the catalog several times, it is written anew under another name and put in the old one's place.
 *
 * <p>Belongs to its loop, which blocks on the disk; the published map is for any thread.
 */
final class DiskMetaStore implements MetaStore {
    private static final Logger log = LoggerFactory.getLogger(DiskMetaStore.class);
    private static final int REWRITE_FACTOR = 4;
    private static final int REWRITE_BYTES = 1 << 20;
    /** With less than this on the disk no change is begun; records need more. */
    private static final int ROOM_BYTES = 64 << 10;

    private static final String NAME = "catalog";

    private final DiskFiles files;
    private final CleanMark mark;
    private final DataDirectory folder;
    private final LogProbe probe;
    private final EventLoop loop;
    private final RandomGenerator random;
    private final ByteBuffer staging = ByteBuffer.allocate(64 << 10);
    private FrameFile file;
    private long changes;
    /** Behind the last change, if it could not be cut off yet. */
    private @Nullable TornTail tail;

    private @Nullable LogException failure;
    private EventLoop.Cancellable repairTimer = EventLoop.Cancellable.DONE;
    private Duration repairDelay = DataDirectory.FIRST_RETRY;
    private volatile Map<String, Entry> entries;

    private DiskMetaStore(Place place, LogProbe probe, Platform platform, Found found) {
        this.files = place.files();
        this.mark = place.mark();
        this.folder = place.folder();
        this.loop = platform.newEventLoop("catalog-writer");
        this.random = platform.random();
        this.probe = requireNonNull(probe, "probe");
        this.file = found.file;
        this.changes = found.changes;
        this.entries = Collections.unmodifiableMap(found.entries);
        this.tail = found.tail;
    }

    /**
     * The place of a catalog.
     *
     * @param files the file system
     * @param mark what the last clean stop left
     * @param folder the data directory
     */
    record Place(DiskFiles files, CleanMark mark, DataDirectory folder) {}

    /**
     * Opens a catalog and makes it if there is none. One that is there is opened also where nothing can be written; changes are
     * refused then until something can. Blocks.
     */
    static DiskMetaStore open(Place place, Path path, LogProbe probe, Platform platform) throws IOException {
        FrameFile file = place.folder().found();
        if (file == null) {
            FrameFile made =
                    FrameFile.create(place.files(), path, platform.random().nextLong(), whole(0, Map.of()));
            return begun(new DiskMetaStore(place, probe, platform, new Found(made, 0, new TreeMap<>(), null)));
        }
        try {
            return begun(replay(place, file, probe, platform));
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static DiskMetaStore begun(DiskMetaStore store) {
        store.loop.execute(store::lookLater);
        return store;
    }

    private static DiskMetaStore replay(Place place, FrameFile file, LogProbe probe, Platform platform)
            throws IOException {
        CleanMark mark = place.mark();
        if (mark.catalog().isPresent()) {
            file.checkLength(mark.catalog().getAsLong());
        }
        Map<String, Entry> entries = new TreeMap<>();
        long[] last = new long[1];
        int end = file.scan((position, frame) -> {
            try {
                switch (frame.kind()) {
                    case CATALOG -> entries.putAll(MetaCodec.decodeWhole(frame.payload()));
                    case CHANGE -> apply(entries, frame.firstIndex(), MetaCodec.decode(frame.payload()));
                    case CLOSE -> {}
                    case RECORDS, BATCHES, SEAL, STATE, SEALED_STATE ->
                        throw new IllegalArgumentException("this is a log's entry, not a catalog's");
                }
            } catch (IllegalArgumentException e) {
                throw new CorruptLogException(file.path(), position, String.valueOf(e.getMessage()));
            }
            last[0] = Math.max(last[0], frame.firstIndex());
        });
        if (end == FrameFile.START || (end != file.size() && mark.catalog().isPresent())) {
            throw file.damage(end);
        }
        TornTail tail = TornTail.of(place.files(), place.folder(), NAME, file, end);
        DiskMetaStore store = new DiskMetaStore(place, probe, platform, new Found(file, last[0], entries, tail));
        try {
            store.mend();
        } catch (IOException e) {
            var unused = store.poison(e);
        }
        return store;
    }

    /** Ends the file where the last whole change ends, and makes sure that there is room for more. */
    private void mend() throws IOException {
        TornTail torn = tail;
        if (torn != null) {
            torn.cut();
            tail = null;
        }
        Path room = file.path().resolveSibling("room" + FrameFile.UNFINISHED);
        files.delete(room);
        try (DiskFile tried = files.open(room)) {
            tried.write(ByteBuffer.allocate(ROOM_BYTES), 0);
        } finally {
            files.delete(room);
        }
    }

    @Override
    public Map<String, Entry> entries() {
        return entries;
    }

    @Override
    public CompletableFuture<Long> commit(MetaChange change) {
        CompletableFuture<Long> done = new CompletableFuture<>();
        try {
            loop.execute(() -> {
                try {
                    done.complete(commitNow(change));
                } catch (LogException e) {
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(new LogClosedException("catalog"));
        }
        return done;
    }

    /** Writes what was accepted and closes the file; answers its length, if that is sure. */
    CompletableFuture<OptionalLong> close(boolean lastWord) {
        CompletableFuture<OptionalLong> done = new CompletableFuture<>();
        try {
            loop.execute(() -> {
                try {
                    boolean sure = failure == null && isThereAtLast();
                    if (sure && (lastWord || mark.isChanged())) {
                        file.append(Frame.mark(FrameKind.CLOSE, -1, changes, 0), staging);
                        file.flush(staging);
                        file.force();
                    }
                    file.close();
                    done.complete(sure ? OptionalLong.of(file.size()) : OptionalLong.empty());
                } catch (IOException e) {
                    done.completeExceptionally(poison(e));
                }
                failure = new LogClosedException("catalog");
                repairTimer.cancel();
                loop.close();
            });
        } catch (RejectedExecutionException closedAlready) {
            done.complete(OptionalLong.empty());
        }
        return done;
    }

    /** True if the catalog is where the next server looks for it; written anew if hands took it away. */
    private boolean isThereAtLast() throws IOException {
        try {
            if (!folder.isThere(file)) {
                mark.remove();
                rewrite(whole(changes, entries));
            }
            return true;
        } catch (LogFailedException lost) {
            return false;
        }
    }

    private long commitNow(MetaChange change) {
        if (failure != null) {
            throw failure;
        }
        for (MetaChange.Part part : change.parts()) {
            Entry entry = entries.get(part.key());
            if ((entry == null ? 0 : entry.version()) != part.expectedVersion()) {
                return 0;
            }
        }
        try {
            folder.check(file);
            mark.remove();
            long number = changes + 1;
            Frame frame =
                    Frame.of(FrameKind.CHANGE, -1, number, 0, change.parts().size(), MetaCodec.encode(change));
            file.append(frame, staging);
            file.flush(staging);
            file.force();
            changes = number;
            Map<String, Entry> next = new TreeMap<>(entries);
            apply(next, number, change);
            entries = Collections.unmodifiableMap(next);
            rewriteIfGrown();
            return number;
        } catch (IOException e) {
            staging.clear();
            throw poison(e);
        }
    }

    /** The change before is durable whatever happens here. */
    private void rewriteIfGrown() {
        if (file.size() < REWRITE_BYTES) {
            return;
        }
        Frame whole = whole(changes, entries);
        if (file.size() / REWRITE_FACTOR > whole.size()) {
            try {
                rewrite(whole);
            } catch (IOException e) {
                var unused = poison(e);
            }
        }
    }

    private void rewrite(Frame whole) throws IOException {
        FrameFile old = file;
        FrameFile fresh = FrameFile.prepare(files, old.path(), random.nextLong(), whole);
        try {
            fresh.putInPlace(files);
        } catch (IOException e) {
            fresh.close();
            throw e;
        }
        // From here on the name leads to it, durably or not, and so it is what the folder's lock is compared with.
        file = fresh;
        old.close();
        files.syncDirectory(requireNonNull(fresh.path().getParent(), "parent"));
    }

    private void lookLater() {
        var unused = loop.schedule(DataDirectory.LOOK, () -> {
            look();
            lookLater();
        });
    }

    /** Looks whether the folder is still this server's, and the catalog in its place. */
    private void look() {
        if (failure == null) {
            try {
                folder.check(file);
            } catch (LogFailedException lost) {
                failure = lost;
            } catch (IOException e) {
                var unused = poison(e);
            }
        }
    }

    private void repairLater() {
        repairTimer = loop.schedule(repairDelay, this::repair);
        repairDelay = DataDirectory.retryAfter(repairDelay);
    }

    /** Nobody knows what the failure left in the file, or under its name: all that is known is written anew. */
    private void repair() {
        try {
            var unused = folder.isThere(file);
            mend();
            mark.remove();
            rewrite(whole(changes, entries));
            failure = null;
            repairDelay = DataDirectory.FIRST_RETRY;
            probe.recovered(NAME);
            log.warn("{}: the disk is well again, and changes are accepted", file.path());
        } catch (LogFailedException lost) {
            failure = lost;
        } catch (IOException e) {
            log.debug("{} cannot be written yet: {}", file.path(), e.toString());
            repairLater();
        }
    }

    private LogException poison(IOException cause) {
        String reason = "writing to " + file.path() + " failed (" + cause.getMessage() + ")";
        LogFailedException failed = new LogFailedException(
                reason + "; no change is accepted until the disk is well and has room, which is tried every few"
                        + " seconds",
                cause);
        log.error("{}", failed.getMessage());
        failure = failed;
        probe.failed(NAME, reason);
        repairLater();
        return failed;
    }

    private static void apply(Map<String, Entry> entries, long number, MetaChange change) {
        for (MetaChange.Part part : change.parts()) {
            part.value()
                    .ifPresentOrElse(
                            value -> entries.put(part.key(), new Entry(number, value)),
                            () -> entries.remove(part.key()));
        }
    }

    private static Frame whole(long changes, Map<String, Entry> entries) {
        return Frame.of(FrameKind.CATALOG, -1, changes, 0, entries.size(), MetaCodec.encodeWhole(entries));
    }

    /** A catalog's file, and what it holds. */
    private record Found(
            FrameFile file,
            long changes,
            Map<String, Entry> entries,
            @Nullable TornTail tail) {}
}
