package io.millrace.consumer.letters;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Appends letters to a file, one a line. Each write opens the file, so that one that was moved away is begun anew; locks it
 * against other processes; mends its end; and forces what it wrote to the disk. Safe for any thread.
 */
final class FileSink implements LetterSink {
    /**
     * One for each file: locks of files are the process's, and to close any channel of a file lets them go. Files are few.
     */
    private static final Map<Path, ReentrantLock> IN_THIS_PROCESS = new ConcurrentHashMap<>();

    private static final Set<StandardOpenOption> OPTIONS =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);

    /** As many as Linux follows. */
    private static final int MOST_LINKS = 40;

    private final Path file;

    FileSink(Path file) {
        this.file = file.toAbsolutePath();
        if (Files.isDirectory(file)) {
            throw new LetterException(file + " is a folder; give a file for the letters");
        }
        @Nullable Path folder = this.file.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new LetterException("there is no folder " + folder + " for the letters; make it");
        }
    }

    @Override
    public void write(List<Letter> letters) throws IOException {
        if (letters.isEmpty()) {
            return;
        }
        ByteBuffer lines = lines(letters);
        ReentrantLock lock = IN_THIS_PROCESS.computeIfAbsent(place(file), unused -> new ReentrantLock());
        lock.lock();
        try (FileChannel channel = FileChannel.open(file, OPTIONS)) {
            lock(channel);
            if (append(channel, lines) == 0) {
                forceFolder();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The same for all ways to name a file, also before it is there. */
    static Path place(Path file) throws IOException {
        Path named = file;
        // The system's own way to follow links ends at one whose file is not there yet.
        for (int links = 0; links < MOST_LINKS && Files.isSymbolicLink(named); links++) {
            named = named.resolveSibling(Files.readSymbolicLink(named));
        }
        return Files.exists(named)
                ? named.toRealPath()
                : named.resolveSibling(".").toRealPath().resolve(named.getFileName());
    }

    private static ByteBuffer lines(List<Letter> letters) {
        StringBuilder lines = new StringBuilder();
        for (Letter letter : letters) {
            lines.append(letter.toJson()).append('\n');
        }
        return ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.US_ASCII));
    }

    /** Waits until no other process writes; the lock goes with the channel. */
    private void lock(FileChannel channel) throws IOException {
        try {
            var unused = channel.lock();
        } catch (OverlappingFileLockException held) {
            throw new LetterException("something else in this process holds a lock on " + file, held);
        }
    }

    /** Returns where the lines begin. */
    private long append(FileChannel channel, ByteBuffer lines) throws IOException {
        long end = FileEnd.mend(channel, file);
        try {
            long at = end;
            while (lines.hasRemaining()) {
                at += channel.write(lines, at);
            }
            channel.force(true);
            return end;
        } catch (IOException e) {
            // A full disk keeps no half a line. What stays, as when the channel was closed by an interrupt, is mended
            // next.
            if (channel.isOpen()) {
                channel.truncate(end);
            }
            throw e;
        }
    }

    /** The name of a new file is stored with its folder; some systems do not open folders, and store it on their own. */
    private void forceFolder() {
        try (FileChannel folder = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
            folder.force(true);
        } catch (IOException notThere) {
            // Nothing to be done about it.
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
