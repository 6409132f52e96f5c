package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogProbe;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A data directory that is this server's alone, and where things lie in it. Two files are locked: {@code lock}, which is there for nothing else and which
 * servers of former versions know, and the catalog, which nobody takes for rubbish. A server that starts needs both, the catalog
 * first, so one of them is enough to keep it out while the other is gone. Logs lock the files that they write to, too.
 *
 * <p>Hands can still move files under a server that runs. It looks before each change of the catalog, and from time to time:
 * a lock file that is gone is made again; if somebody else has it, or another file is in the catalog's place, then the folder
 * is no longer this server's, and it writes nothing more until it ends.
 *
 * <p>{@link #check}, {@link #isThere} and closing belong to the catalog's loop; all else is safe for any thread.
 */
final class DataDirectory implements Closeable {
    private static final Logger log = LoggerFactory.getLogger(DataDirectory.class);
    private static final String FILE = "lock";
    /** How often a server looks for files that hands may take away under it. */
    static final Duration LOOK = Duration.ofSeconds(30);
    /** When a disk that failed is tried again at first. */
    static final Duration FIRST_RETRY = Duration.ofSeconds(1);

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(16);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmssSSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final DiskFiles files;
    private final Path directory;
    private final Path path;
    private final InstantSource clock;
    private final LogProbe probe;
    private DiskFile held;
    private final @Nullable FrameFile found;
    private volatile @Nullable LogFailedException lost;

    private DataDirectory(
            DiskFiles files,
            Path directory,
            InstantSource clock,
            LogProbe probe,
            DiskFile held,
            @Nullable FrameFile catalogOrNull) {
        this.files = requireNonNull(files, "files");
        this.directory = requireNonNull(directory, "directory");
        this.path = directory.resolve(FILE);
        this.clock = requireNonNull(clock, "clock");
        this.probe = requireNonNull(probe, "probe");
        this.held = requireNonNull(held, "held");
        this.found = catalogOrNull;
    }

    /**
     * Locks a directory, which exists. Blocks.
     *
     * @param clock for the names of what is set aside
     * @param probe hears if it is lost
     * @throws io.millrace.streamcore.log.LogInUseException if another server has it
     * @throws CorruptLogException if its catalog is gone or damaged
     */
    static DataDirectory take(DiskFiles files, Path directory, InstantSource clock, LogProbe probe) throws IOException {
        Path path = directory.resolve(FILE);
        Path catalogPath = catalog(directory);
        DiskFile lock = null;
        FrameFile catalog = null;
        try {
            if (files.key(catalogPath) != null) {
                catalog = FrameFile.openLocked(files, catalogPath);
            } else if (files.key(path) == null) {
                // Before anything is made or held: a server that runs may be about to put both back.
                checkNew(files, directory);
            }
            lock = files.openLocked(path);
            if (catalog == null && files.key(catalogPath) != null) {
                catalog = FrameFile.openLocked(files, catalogPath);
            }
            return new DataDirectory(files, directory, clock, probe, lock, catalog);
        } catch (IOException | LogException e) {
            if (lock != null) {
                lock.close();
            }
            if (catalog != null) {
                catalog.close();
            }
            throw e;
        }
    }

    /** The catalog's file. */
    static Path catalog(Path directory) {
        return directory.resolve("catalog.log");
    }

    /**
     * The catalog is made before the first stream: streams without it mean that somebody took it away.
     *
     * @throws CorruptLogException if there are streams
     */
    static void checkNew(DiskFiles files, Path directory) throws IOException {
        if (!files.list(directory.resolve("streams")).isEmpty()) {
            throw CorruptLogException.missing(catalog(directory), "but there are streams");
        }
    }

    /** The folder for what is damaged and kept all the same. */
    Path aside() {
        return directory.resolve("set-aside");
    }

    /** The place at which something of this name is to be set aside now; not made yet, but the folder above is. Blocks. */
    Path newPlaceAside(String name) throws IOException {
        files.createDirectories(aside());
        return aside().resolve(name + "-" + TIME.format(clock.instant()));
    }

    /** When a disk that failed is tried again, after it was tried {@code delay} after the time before: ever less often. */
    static Duration retryAfter(Duration delay) {
        Duration doubled = delay.multipliedBy(2);
        return doubled.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : doubled;
    }

    /** The catalog as it was found; null if there was none. */
    @Nullable
    FrameFile found() {
        return found;
    }

    /** Why the directory is no longer this server's; null while it is. */
    @Nullable
    LogFailedException lost() {
        return lost;
    }

    /**
     * Returns if the directory was this server's when it last looked.
     *
     * @throws LogFailedException if it was not
     */
    void checkNotLost() {
        LogFailedException known = lost;
        if (known != null) {
            throw known;
        }
    }

    /**
     * Looks before the catalog is changed. Blocks.
     *
     * @throws LogFailedException if the directory is no longer this server's
     * @throws IOException if the catalog is gone, or that cannot be found out
     */
    void check(FrameFile catalog) throws IOException {
        if (!isThere(catalog)) {
            throw new IOException("it was taken away or cut while the server uses it");
        }
    }

    /**
     * Looks before the catalog is written anew. Blocks.
     *
     * @return whether the catalog is there, and as long as it was
     * @throws LogFailedException if the directory is no longer this server's
     * @throws IOException if that cannot be found out
     */
    boolean isThere(FrameFile catalog) throws IOException {
        checkNotLost();
        if (!held.key().equals(files.key(path))) {
            lockAgain();
        }
        Object now = files.key(catalog.path());
        if (now != null && !now.equals(catalog.key())) {
            throw lose("another file is in the place of " + catalog.path());
        }
        return now != null && !catalog.isCut();
    }

    private void lockAgain() throws IOException {
        DiskFile again;
        try {
            again = files.openLocked(path);
        } catch (LogException inUse) {
            throw lose("another server holds " + path);
        }
        held.close();
        held = again;
        log.warn("{} was taken away while the server uses it; it is there again. Leave it alone", path);
    }

    private LogFailedException lose(String how) {
        String reason = directory + " was taken from this server: " + how;
        LogFailedException failure = new LogFailedException(
                reason + ". It writes nothing more there and acknowledges nothing; stop it", new IOException(reason));
        lost = failure;
        log.error("{}", failure.getMessage());
        probe.failed("catalog", reason);
        return failure;
    }

    /** Lets go of it. */
    @Override
    public void close() throws IOException {
        held.close();
        if (found != null) {
            found.close();
        }
    }
}
