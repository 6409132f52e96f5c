package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.millrace.streamcore.log.LogInUseException;
import io.millrace.streamcore.log.LogProbe;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** The real file system. */
final class NioDiskFiles implements DiskFiles {
    private final Ticker ticker;
    private final LogProbe probe;

    NioDiskFiles(Ticker ticker, LogProbe probe) {
        this.ticker = requireNonNull(ticker, "ticker");
        this.probe = requireNonNull(probe, "probe");
    }

    @Override
    public DiskFile open(Path path) throws IOException {
        return file(
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE));
    }

    @Override
    public DiskFile openExisting(Path path) throws IOException {
        return file(FileChannel.open(path, StandardOpenOption.READ));
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

    @Override
    public Closeable lock(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
        } catch (OverlappingFileLockException heldByThisProcess) {
            channel.close();
            throw new LogInUseException(path);
        }
        channel.close();
        throw new LogInUseException(path);
    }

    private NioDiskFile file(FileChannel channel) {
        return new NioDiskFile(channel, ticker, probe);
    }

    private record NioDiskFile(FileChannel channel, Ticker ticker, LogProbe probe) implements DiskFile {
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
            channel.close();
        }
    }
}
