package io.millrace.runtime;

import static java.nio.file.StandardOpenOption.WRITE;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder that only its owner may enter, where the system knows owners, and that is deleted when it is closed. If its process dies before that, the next process that makes a folder of the
 * same kind in the same place deletes it. A lock on a file beside it, {@code <folder>.lock}, shows that its owner lives.
 *
 * <p>Safe for any thread.
 */
public final class TemporaryFolder implements AutoCloseable {
    private static final String LOCK = ".lock";

    /** Locks of this process. Opening and closing one of these files again would let the lock go. */
    private static final Set<Path> OWN_LOCKS = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final Path lock;
    private final FileChannel held;

    private TemporaryFolder(Path path, Path lock, FileChannel held) {
        this.path = path;
        this.lock = lock;
        this.held = held;
    }

    /**
     * Makes an empty folder in the system's place for temporary files.
     *
     * @param kind the beginning of its name
     * @throws IOException if the place cannot be written
     */
    public static TemporaryFolder create(String kind) throws IOException {
        return createIn(Path.of(System.getProperty("java.io.tmpdir")), kind);
    }

    /**
     * Makes an empty folder in {@code place}, an existing folder, and deletes those that dead processes left there.
     *
     * @param kind the beginning of its name
     * @throws IOException if the place cannot be written
     */
    public static synchronized TemporaryFolder createIn(Path place, String kind) throws IOException {
        requireNonNull(kind, "kind");
        Path real = place.toRealPath();
        deleteAbandoned(real, kind);
        while (true) {
            Path lock = Files.createTempFile(real, kind + "-", LOCK);
            FileChannel held = lockedOrNull(lock);
            if (held != null && Files.exists(lock)) {
                OWN_LOCKS.add(lock);
                return new TemporaryFolder(
                        Files.createDirectory(folderOf(lock), PrivateFolder.permissions(real)), lock, held);
            }
            // Another process took it for an abandoned one before it was locked.
        }
    }

    /** Where it is: an absolute path. */
    public Path path() {
        return path;
    }

    /** Deletes the folder with all that is in it. What cannot be deleted now is left to the next process. */
    @Override
    public void close() {
        try (held) {
            if (delete(path)) {
                Files.deleteIfExists(lock);
            }
        } catch (IOException leftToTheNext) {
            // The lock file stays, and with it the next process's reason to look.
        } finally {
            OWN_LOCKS.remove(lock);
        }
    }

    private static void deleteAbandoned(Path place, String kind) {
        try (DirectoryStream<Path> locks = Files.newDirectoryStream(place, kind + "-*" + LOCK)) {
            for (Path lock : locks) {
                if (!OWN_LOCKS.contains(lock)) {
                    deleteIfAbandoned(lock);
                }
            }
        } catch (IOException unreadable) {
            // Then creating the folder says so, or there is nothing to tidy up.
        }
    }

    private static void deleteIfAbandoned(Path lock) {
        try (FileChannel held = lockedOrNull(lock)) {
            if (held != null && delete(folderOf(lock))) {
                Files.deleteIfExists(lock);
            }
        } catch (IOException notOurs) {
            // Another user's, or one that another process deletes now.
        }
    }

    /** Holds the lock, or null if another process does. */
    private static @Nullable FileChannel lockedOrNull(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, Set.of(WRITE, LinkOption.NOFOLLOW_LINKS));
        FileLock lock = null;
        try {
            lock = channel.tryLock();
            return lock == null ? null : channel;
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
    }

    private static Path folderOf(Path lock) {
        String name = lock.getFileName().toString();
        return lock.resolveSibling(name.substring(0, name.length() - LOCK.length()));
    }

    /** Deletes the folder and what is in it; links are deleted, not followed. False if something stays. */
    private static boolean delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
            return true;
        } catch (IOException | UncheckedIOException e) {
            return !Files.exists(folder, LinkOption.NOFOLLOW_LINKS);
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
