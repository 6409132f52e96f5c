package io.millrace.streamcore.log.backup;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Copies catalog, logs and keys of a data folder while a server may write to them, without asking it and without a lock. The result
 * is what a server that is killed leaves at some moment after the copy was begun, so whoever opens it treats it as that.
 *
 * <p>It looks twice. The catalog is read before the logs and after them; if it changed, or the mark of a clean stop did, all is done
 * again. So it holds for each moment at which a log was copied. Of a log the list of its segments is read before and after. A
 * segment with an index beside it is full, published and never written again: it is copied once. Any other is read up to the size
 * that it has, and read again: if both are equal, then it had just these bytes at the moment between. A log for which that is not so
 * is begun again; what is immutable is not copied again, so this ends.
 *
 * <p>Not to be used in the process of the server itself: systems with locks of POSIX let go of those of a process when it closes any
 * channel of the file. Blocks; belongs to one thread.
 */
public final class FolderCopy {
    /** The folder of logs in a data folder. */
    static final String STREAMS = "streams";

    private static final String CATALOG = "catalog.log";
    private static final String MARK = "clean-stop";
    private static final String LIST = "segments";
    private static final List<String> KEYS = List.of("encryption.key", "tokens.key");
    private static final Pattern SEGMENT = Pattern.compile("\\d{12}\\.log");
    private static final byte[] NOTHING = {};

    private static final int MOST_PASSES = 30;
    private static final int PIECE = 1 << 20;

    private final Path from;
    private final Path to;
    private final Runnable step;
    /** Copies of segments that are never written again. */
    private final Set<Path> finished = new HashSet<>();

    private final ByteBuffer piece = ByteBuffer.allocate(PIECE);

    /**
     * A copy of {@code from} in {@code to}, which exists and has nothing that the copy has.
     *
     * @param step called before each read of a file, however small
     */
    public FolderCopy(Path from, Path to, Runnable step) {
        this.from = requireNonNull(from, "from");
        this.to = requireNonNull(to, "to");
        this.step = requireNonNull(step, "step");
    }

    /**
     * Copies.
     *
     * @throws NoSuchFileException if there is no catalog
     * @throws IOException if the folder changes faster than it can be copied, or files cannot be read or written
     */
    public void run() throws IOException {
        for (int pass = 0; pass < MOST_PASSES; pass++) {
            byte[] catalog = content(from.resolve(CATALOG));
            if (catalog.length == 0) {
                throw new NoSuchFileException(from.resolve(CATALOG).toString());
            }
            byte[] mark = content(from.resolve(MARK));
            copyLogs();
            if (Arrays.equals(catalog, content(from.resolve(CATALOG)))
                    && Arrays.equals(mark, content(from.resolve(MARK)))) {
                Files.write(to.resolve(CATALOG), catalog);
                if (mark.length > 0) {
                    Files.write(to.resolve(MARK), mark);
                }
                copyKeys();
                return;
            }
        }
        throw tooBusy(from.resolve(CATALOG));
    }

    private void copyLogs() throws IOException {
        Path streams = to.resolve(STREAMS);
        Files.createDirectories(streams);
        Set<String> names = names(from.resolve(STREAMS));
        for (String name : names) {
            Path log = from.resolve(STREAMS).resolve(name);
            Path copy = Files.createDirectories(streams.resolve(name));
            boolean isDone = false;
            for (int pass = 0; pass < MOST_PASSES && !isDone; pass++) {
                isDone = copyLog(log, copy);
            }
            if (!isDone) {
                throw tooBusy(log);
            }
        }
        for (String gone : names(streams)) {
            if (!names.contains(gone)) {
                keepOnly(streams.resolve(gone), Set.of());
                Files.delete(streams.resolve(gone));
            }
        }
    }

    /** Copies a log as it is; false if it was changed meanwhile in another way than by growing. */
    private boolean copyLog(Path log, Path copy) throws IOException {
        byte[] list = content(log.resolve(LIST));
        Set<String> segments = new TreeSet<>(names(log));
        segments.removeIf(name -> !SEGMENT.matcher(name).matches());
        try {
            for (String name : segments) {
                if (!copySegment(log.resolve(name), copy.resolve(name))) {
                    return false;
                }
            }
        } catch (NoSuchFileException pastItsRetention) {
            return false;
        }
        if (!Arrays.equals(list, content(log.resolve(LIST)))) {
            return false;
        }
        keepOnly(copy, segments);
        if (list.length > 0) {
            Files.write(copy.resolve(LIST), list);
        }
        return true;
    }

    private boolean copySegment(Path segment, Path copy) throws IOException {
        if (finished.contains(copy)) {
            return true;
        }
        boolean isFinished = Files.exists(indexOf(segment));
        long size = Files.size(segment);
        long copied = copy(segment, copy, size);
        if (isFinished) {
            finished.add(copy);
            return true;
        }
        return copied == checksum(segment, size);
    }

    private static Path indexOf(Path segment) {
        String name = String.valueOf(segment.getFileName());
        return segment.resolveSibling(name.substring(0, name.length() - ".log".length()) + ".index");
    }

    /** After the logs, because a key is there before the first record that needs it. */
    private void copyKeys() throws IOException {
        for (String name : KEYS) {
            if (Files.exists(from.resolve(name))) {
                Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    /** Copies the first bytes of a file and answers their checksum. */
    private long copy(Path source, Path target, long size) throws IOException {
        CRC32C crc = new CRC32C();
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(
                        target,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            while (isRead(in, size)) {
                crc.update(piece.duplicate());
                while (piece.hasRemaining()) {
                    out.write(piece);
                }
            }
        }
        return crc.getValue();
    }

    private long checksum(Path source, long size) throws IOException {
        CRC32C crc = new CRC32C();
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ)) {
            while (isRead(in, size)) {
                crc.update(piece.duplicate());
            }
        }
        return crc.getValue();
    }

    /** Reads the next bytes, of the first {@code size} only; false at their end. */
    private boolean isRead(FileChannel in, long size) throws IOException {
        step.run();
        long left = size - in.position();
        piece.clear().limit((int) Math.min(left, PIECE));
        boolean isMore = left > 0 && in.read(piece) > 0;
        piece.flip();
        return isMore;
    }

    /** The whole content of a small file; nothing if there is none. */
    private byte[] content(Path file) throws IOException {
        step.run();
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException missing) {
            return NOTHING;
        }
    }

    private Set<String> names(Path directory) throws IOException {
        step.run();
        if (!Files.isDirectory(directory)) {
            return Set.of();
        }
        Set<String> names = new TreeSet<>();
        try (Stream<Path> paths = Files.list(directory)) {
            paths.forEach(path -> names.add(String.valueOf(path.getFileName())));
        }
        return names;
    }

    private void keepOnly(Path copy, Collection<String> kept) throws IOException {
        for (String name : names(copy)) {
            if (!kept.contains(name)) {
                Files.delete(copy.resolve(name));
            }
        }
    }

    private static IOException tooBusy(Path what) {
        return new IOException(what + " changes faster than it can be copied; try again when less is made or deleted");
    }
}
