package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.millrace.streamcore.log.LogInUseException;
import io.millrace.streamcore.log.LogProbe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The real file system. */
final class NioDiskFiles implements DiskFiles {
    private static final Object UNKNOWN = "a file";
    private static final int TRIES = 10;

    /** The keys of files that this process has locked. */
    private static final Set<Object> HELD = new HashSet<>();

    private static final ReentrantLock HELD_ACCESS = new ReentrantLock();

    private final Ticker ticker;
    private final LogProbe probe;

    NioDiskFiles(Ticker ticker, LogProbe probe) {
        this.ticker = requireNonNull(ticker, "ticker");
        this.probe = requireNonNull(probe, "probe");
    }

    @Override
    public DiskFile open(Path path) throws IOException {
        FileChannel channel = openChannel(path);
        try {
            Object key = key(path);
            return file(channel, key == null ? UNKNOWN : key);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public DiskFile openLocked(Path path) throws IOException {
        // A name may lead elsewhere at any moment: what is locked has to have it before and after.
        HELD_ACCESS.lock();
        try {
            for (int i = 0; i < TRIES; i++) {
                DiskFile file = lockedOrNull(path);
                if (file != null) {
                    return file;
                }
            }
            throw new IOException(path + " is replaced again and again");
        } finally {
            HELD_ACCESS.unlock();
        }
    }

    /** The file, locked; null if the name came to lead elsewhere meanwhile. */
    private @Nullable DiskFile lockedOrNull(Path path) throws IOException {
        Object before = key(path);
        // Not even opened then: closing any channel of a file lets go of this process's locks on it.
        if (before != null && HELD.contains(before)) {
            throw new LogInUseException(path);
        }
        FileChannel channel = openChannel(path);
        boolean isTaken = false;
        try {
            Object opened = key(path);
            if (opened == null || (before != null && !before.equals(opened))) {
                return null;
            }
            if (!isLocked(channel)) {
                throw new LogInUseException(path);
            }
            isTaken = opened.equals(key(path));
            if (!isTaken) {
                return null;
            }
            if (!opened.equals(UNKNOWN)) {
                HELD.add(opened);
            }
            return new NioDiskFile(channel, opened, true, ticker, probe);
        } finally {
            if (!isTaken) {
                channel.close();
            }
        }
    }

    /** A byte far behind all others is locked, because some systems keep others from reading what is locked. */
    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock(Long.MAX_VALUE - 1, 1, false) != null;
        } catch (OverlappingFileLockException heldByThisProcess) {
            return false;
        }
    }

    @Override
    public @Nullable Object key(Path path) throws IOException {
        try {
            Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return key == null ? UNKNOWN : key;
        } catch (NoSuchFileException missing) {
            return null;
        }
    }

    private static FileChannel openChannel(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    }

    @Override
    public DiskFile openExisting(Path path) throws IOException {
        return file(FileChannel.open(path, StandardOpenOption.READ), UNKNOWN);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            createDirectories(parent);
        }
        Files.createDirectory(directory);
        if (parent != null) {
            syncDirectory(parent);
        }
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.map(path -> String.valueOf(path.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(Path path) throws IOException {
        Files.deleteIfExists(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        sync(directory);
    }

    static void sync(Path directory) throws IOException {
        // Windows cannot open a directory; there the file system journals renames itself.
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    private NioDiskFile file(FileChannel channel, Object key) {
        return new NioDiskFile(channel, key, false, ticker, probe);
    }

    private record NioDiskFile(FileChannel channel, Object key, boolean isLocked, Ticker ticker, LogProbe probe)
            implements DiskFile {
        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            long at = position;
            while (source.hasRemaining()) {
                at += channel.write(source, at);
            }
        }

        @Override
        public void read(ByteBuffer target, long position) throws IOException {
            long at = position;
            while (target.hasRemaining()) {
                int read = channel.read(target, at);
                if (read < 0) {
                    return;
                }
                at += read;
            }
        }

        @Override
        public void force() throws IOException {
            long begun = ticker.nanoTime();
            channel.force(false);
            probe.synced(ticker.nanoTime() - begun);
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void close() throws IOException {
            if (!isLocked) {
                channel.close();
                return;
            }
            HELD_ACCESS.lock();
            try {
                if (channel.isOpen()) {
                    channel.close();
                    HELD.remove(key);
                }
            } finally {
                HELD_ACCESS.unlock();
            }
        }
    }
}
