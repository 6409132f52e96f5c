package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogClosedException;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogInUseException;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.log.ShardLog;
import io.millrace.streamcore.log.backup.BackupManifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine that keeps logs and catalog in a local directory:
 *
 * <pre>
 * lock                             locked while a server has the directory open, as the catalog is
 * clean-stop                       how long everything was when a server stopped in good order
 * catalog.log                      the MetaStore
 * streams/NAME/000000000001.log    segments of a stream's log, shards interleaved
 * streams/NAME/000000000001.index  where a full segment's batches stand
 * streams/NAME/segments            which segments there are
 * encryption.key                   the key of what is encrypted, unless it is elsewhere
 * backup.sha256                    in a backup that nothing was changed in: its files, see BackupManifest
 * set-aside/NAME-TIME/             damaged logs that were moved out of the way, and ends of files that were cut off
 * </pre>
 */
public final class DiskLogEngine implements LogEngine {
    private static final Logger log = LoggerFactory.getLogger(DiskLogEngine.class);
    /** A folder's name on any system; a stream's name may begin with a dot, but "." and ".." are folders already. */
    private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9_.@-]{1,200}");

    private static final int STAGING_BYTES = 1 << 20;
    private static final String NOTE = "note";

    private final DiskFiles files;
    private final Path directory;
    private final Path streams;
    private final DataDirectory folder;
    private final CleanMark mark;
    private final InstantSource clock;
    private final DiskMetaStore meta;
    private final Platform.BlockingTasks readers;
    private final List<LogContext> writers;
    private final AtomicInteger opens = new AtomicInteger();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final ConcurrentMap<String, CompletableFuture<DiskShardLog>> logs = new ConcurrentHashMap<>();

    private DiskLogEngine(
            DiskFiles files,
            Path directory,
            DataDirectory folder,
            LogSettings settings,
            LogProbe probe,
            Platform platform)
            throws IOException {
        this.files = requireNonNull(files, "files");
        this.directory = requireNonNull(directory, "directory");
        this.streams = directory.resolve("streams");
        this.folder = requireNonNull(folder, "folder");
        this.mark = CleanMark.read(files, directory);
        this.clock = platform.clock();
        if (folder.found() == null) {
            DataDirectory.checkNew(files, directory);
            if (mark.catalog().isPresent()) {
                throw CorruptLogException.missing(DataDirectory.catalog(directory), "but a server left it there");
            }
        }
        KeyRing keys = KeyRing.of(directory, settings.keyFileOrNull());
        DiskMetaStore.Place place = new DiskMetaStore.Place(files, mark, folder);
        this.meta = DiskMetaStore.open(place, DataDirectory.catalog(directory), probe, platform);
        this.readers = platform.newBlockingTasks("log-reader", settings.readers());
        this.writers = new ArrayList<>();
        for (int i = 0; i < settings.writers(); i++) {
            EventLoop loop = platform.newEventLoop("log-writer-" + i);
            ByteBuffer staging = ByteBuffer.allocateDirect(STAGING_BYTES);
            writers.add(new LogContext(
                    files,
                    mark,
                    folder,
                    keys,
                    settings,
                    loop,
                    readers,
                    clock,
                    platform.random(),
                    platform.ticker(),
                    probe,
                    staging));
        }
        lookLater(keys);
    }

    /**
     * Opens a data directory, makes it if it is missing, and replays the catalog. Blocks: call it while starting.
     *
     * @param probe hears what the storage does
     * @throws LogInUseException if another server has it open
     * @throws CorruptLogException if the catalog is damaged, or this is a backup that is not whole
     * @throws LogFailedException if the directory cannot be used
     */
    public static DiskLogEngine open(Path directory, LogSettings settings, LogProbe probe, Platform platform) {
        try {
            BackupManifest.check(directory);
        } catch (IOException e) {
            throw new LogFailedException("cannot read the backup " + directory + ": " + e, e);
        }
        return open(new NioDiskFiles(platform.ticker(), probe), directory, settings, probe, platform);
    }

    /**
     * Opens the copy of a data directory that {@link io.millrace.streamcore.log.backup.FolderCopy} took. Appends that were being
     * written then, and acknowledged to nobody, are cut off first. Blocks.
     *
     * @throws CorruptLogException if something is damaged
     * @throws LogFailedException if the directory cannot be used
     */
    public static DiskLogEngine openCopy(Path directory, LogSettings settings, Platform platform) {
        DiskFiles files = new NioDiskFiles(platform.ticker(), LogProbe.NONE);
        try {
            TornTail.trim(files, DataDirectory.catalog(directory));
            Path streams = directory.resolve("streams");
            for (String name : files.list(streams)) {
                Path log = streams.resolve(name);
                long newest = files.list(log).stream()
                        .mapToLong(Segment::numberOf)
                        .max()
                        .orElse(-1);
                if (newest >= 0) {
                    TornTail.trim(files, Segment.logPath(log, newest));
                }
            }
        } catch (IOException e) {
            throw new LogFailedException("cannot use " + directory + " as data directory: " + e, e);
        }
        return open(files, directory, settings, LogProbe.NONE, platform);
    }

    static DiskLogEngine open(DiskFiles files, Path directory, LogSettings settings, Platform platform) {
        return open(files, directory, settings, LogProbe.NONE, platform);
    }

    static DiskLogEngine open(
            DiskFiles files, Path directory, LogSettings settings, LogProbe probe, Platform platform) {
        try {
            files.createDirectories(directory);
            DataDirectory folder = DataDirectory.take(files, directory, platform.clock(), probe);
            try {
                return new DiskLogEngine(files, directory, folder, settings, probe, platform);
            } catch (IOException | RuntimeException e) {
                folder.close();
                throw e;
            }
        } catch (CorruptLogException e) {
            throw e.withAdvice(", or move that away to go on without what is in it");
        } catch (IOException e) {
            throw new LogFailedException("cannot use " + directory + " as data directory: " + e, e);
        }
    }

    private void lookLater(KeyRing keys) {
        var unused = writers.get(0).loop().schedule(DataDirectory.LOOK, () -> {
            keys.look();
            lookLater(keys);
        });
    }

    @Override
    public MetaStore meta() {
        return meta;
    }

    @Override
    public CompletableFuture<ShardLog> open(String name) {
        checkName(name);
        return shared(name, true);
    }

    @Override
    public CompletableFuture<ShardLog> openExisting(String name) {
        checkName(name);
        return shared(name, false);
    }

    @Override
    public CompletableFuture<List<String>> names() {
        return onLoop(writers.get(0), "", () -> files.list(streams));
    }

    @Override
    public CompletableFuture<Path> setAside(String name, Bytes note) {
        checkName(name);
        LogFailedException lost = folder.lost();
        if (lost != null) {
            return CompletableFuture.failedFuture(lost);
        }
        logs.remove(name);
        return onLoop(writers.get(0), name, () -> {
            mark.remove();
            Path target = folder.newPlaceAside(name);
            try {
                files.rename(streams.resolve(name), target);
                files.syncDirectory(folder.aside());
                files.syncDirectory(streams);
            } catch (NoSuchFileException nothingLeft) {
                files.createDirectories(target);
            }
            SmallFile.write(files, target.resolve(NOTE), note.asByteBuffer());
            return target;
        });
    }

    @Override
    public CompletableFuture<Void> drop(String name) {
        checkName(name);
        LogFailedException lost = folder.lost();
        if (lost != null) {
            return CompletableFuture.failedFuture(lost);
        }
        CompletableFuture<DiskShardLog> opening = logs.remove(name);
        if (opening == null) {
            return deleteFiles(name);
        }
        // A log that could not be opened, because it is damaged say, can still be deleted.
        return opening.thenCompose(DiskShardLog::drop).exceptionallyCompose(error -> deleteFiles(name));
    }

    @Override
    public CompletableFuture<Void> close() {
        if (closing.compareAndSet(false, true)) {
            var unused = closeAll().whenComplete((ok, error) -> {
                if (error == null) {
                    closed.complete(null);
                } else {
                    closed.completeExceptionally(error);
                }
            });
        }
        return closed;
    }

    private CompletableFuture<Void> closeAll() {
        // A last word that still holds is left as it is, and so is a directory in which damage was found.
        boolean lastWord = folder.lost() == null
                && !mark.isThere()
                && logs.values().stream().noneMatch(CompletableFuture::isCompletedExceptionally);
        Map<String, CleanMark.End> ends = new ConcurrentHashMap<>();
        CompletableFuture<?>[] open = logs.entrySet().stream()
                .filter(entry -> !entry.getValue().isCompletedExceptionally())
                .map(entry -> entry.getValue()
                        .thenCompose(opened -> opened.close(lastWord))
                        .thenAccept(end -> end.ifPresent(at -> ends.put(entry.getKey(), at))))
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(open).handle((ok, error) -> error).thenCompose(error -> {
            readers.close();
            writers.forEach(writer -> writer.loop().close());
            return meta.close(lastWord).thenAccept(catalog -> {
                if (folder.lost() == null && (lastWord || mark.isChanged())) {
                    leave(catalog, ends);
                }
                unlock(error);
            });
        });
    }

    private void leave(OptionalLong catalog, Map<String, CleanMark.End> ends) {
        try {
            mark.leave(catalog, ends);
        } catch (IOException e) {
            log.warn("{}: cannot say that it was left in good order: {}", directory, e.toString());
        }
    }

    private void unlock(Throwable error) {
        try {
            folder.close();
        } catch (IOException e) {
            throw new LogFailedException("cannot let go of the data directory: " + e, e);
        }
        if (error instanceof RuntimeException unchecked) {
            throw unchecked;
        }
    }

    private CompletableFuture<ShardLog> shared(String name, boolean mayBeNew) {
        CompletableFuture<DiskShardLog> opening = logs.computeIfAbsent(name, missing -> openNow(name, mayBeNew));
        return opening.whenComplete((opened, error) -> {
                    if (error instanceof LogFailedException) {
                        // The disk may be well the next time.
                        logs.remove(name, opening);
                    }
                })
                .thenApply(opened -> opened);
    }

    private CompletableFuture<DiskShardLog> openNow(String name, boolean mayBeNew) {
        LogContext writer = writers.get(Math.floorMod(opens.getAndIncrement(), writers.size()));
        return onLoop(writer, name, () -> DiskShardLog.open(writer, name, streams.resolve(name), mayBeNew));
    }

    private CompletableFuture<Void> deleteFiles(String name) {
        return onLoop(writers.get(0), name, () -> {
                    folder.checkNotLost();
                    mark.remove();
                    DiskShardLog.delete(files, streams.resolve(name));
                    return true;
                })
                .thenApply(deleted -> null);
    }

    private <T> CompletableFuture<T> onLoop(LogContext writer, String name, DiskTask<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        try {
            writer.loop().execute(() -> {
                try {
                    done.complete(task.run());
                } catch (IOException e) {
                    done.completeExceptionally(
                            new LogFailedException("cannot use the log " + streams.resolve(name) + ": " + e, e));
                } catch (LogException e) {
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(new LogClosedException(name));
        }
        return done;
    }

    private static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not a log's name: " + name);
        }
    }

    @FunctionalInterface
    private interface DiskTask<T> {
        T run() throws IOException;
    }
}
