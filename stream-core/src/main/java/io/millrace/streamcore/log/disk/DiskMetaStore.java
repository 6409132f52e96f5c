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

    private final DiskFiles files;
    private final CleanMark mark;
    private final LogProbe probe;
    private final EventLoop loop;
    private final RandomGenerator random;
    private final ByteBuffer staging = ByteBuffer.allocate(64 << 10);
    private FrameFile file;
    private long changes;
    private @Nullable LogException failure;
    private EventLoop.Cancellable repairTimer = EventLoop.Cancellable.DONE;
    private Duration repairDelay = Repair.FIRST_DELAY;
    private volatile Map<String, Entry> entries;

    private DiskMetaStore(DiskFiles files, CleanMark mark, LogProbe probe, Platform platform, Found found) {
        this.files = requireNonNull(files, "files");
        this.mark = requireNonNull(mark, "mark");
        this.loop = platform.newEventLoop("catalog-writer");
        this.random = platform.random();
        this.probe = requireNonNull(probe, "probe");
        this.file = found.file;
        this.changes = found.changes;
        this.entries = Collections.unmodifiableMap(found.entries);
    }

    /** Opens a catalog and makes it if there is none. Blocks. */
    static DiskMetaStore open(DiskFiles files, CleanMark mark, Path path, LogProbe probe, Platform platform)
            throws IOException {
        Path directory = requireNonNull(path.getParent(), "parent");
        if (!files.list(directory).contains(String.valueOf(path.getFileName()))) {
            FrameFile made = FrameFile.create(files, path, platform.random().nextLong(), whole(0, Map.of()));
            return new DiskMetaStore(files, mark, probe, platform, new Found(made, 0, new TreeMap<>()));
        }
        FrameFile file = FrameFile.open(files, path);
        try {
            return replay(files, mark, file, probe, platform);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static DiskMetaStore replay(
            DiskFiles files, CleanMark mark, FrameFile file, LogProbe probe, Platform platform) throws IOException {
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
        int cut = file.cutTail(end);
        if (cut > 0) {
            log.warn(
                    "{}: cut off the last {} bytes, from byte {} on: they are no whole change. A crash leaves such a"
                            + " tail, and the server was not stopped in good order",
                    file.path(),
                    cut,
                    end);
        }
        return new DiskMetaStore(files, mark, probe, platform, new Found(file, last[0], entries));
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
                    boolean sure = failure == null;
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
        file = FrameFile.create(files, old.path(), random.nextLong(), whole);
        old.close();
    }

    private void repairLater() {
        repairTimer = loop.schedule(repairDelay, this::repair);
        repairDelay = Repair.after(repairDelay);
    }

    /** Nobody knows what the failure left in the file, or under its name: all that is known is written anew. */
    private void repair() {
        try {
            mark.remove();
            rewrite(whole(changes, entries));
            failure = null;
            repairDelay = Repair.FIRST_DELAY;
            probe.recovered("catalog");
            log.warn("{}: the disk is well again, and changes are accepted", file.path());
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
        probe.failed("catalog", reason);
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
    private record Found(FrameFile file, long changes, Map<String, Entry> entries) {}
}
