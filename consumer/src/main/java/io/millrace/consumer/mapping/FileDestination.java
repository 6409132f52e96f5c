package io.millrace.consumer.mapping;

import io.millrace.consumer.letters.LetterException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Appends documents to a file, one a line. Each write opens the file and forces it to the disk; a line that a crash tore is ended, not
 * cut off. Several processes may share a file, on a file system that knows locks. Safe for any thread.
 */
final class FileDestination implements DocumentSink.Destination {
    private static final Set<StandardOpenOption> OPTIONS =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);

    private final Path file;
    /** Locks of files are the process's, so its own threads wait here. */
    private final ReentrantLock writing = new ReentrantLock();

    FileDestination(Path file) {
        this.file = file.toAbsolutePath();
        if (Files.isDirectory(file)) {
            throw new LetterException(file + " is a folder; give a file for what is given up");
        }
        Path folder = this.file.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new LetterException("there is no folder " + folder + " for what is given up; make it");
        }
    }

    @Override
    public void put(FailureDocument document) throws IOException {
        ByteBuffer line = ByteBuffer.wrap((document.withRecords() + "\n").getBytes(StandardCharsets.US_ASCII));
        writing.lock();
        try (FileChannel channel = FileChannel.open(file, OPTIONS)) {
            // The lock goes with the channel.
            var unused = channel.lock();
            long end = channel.size();
            ByteBuffer last = ByteBuffer.allocate(1);
            if (end > 0 && channel.read(last, end - 1) == 1 && last.get(0) != '\n') {
                end += channel.write(ByteBuffer.wrap(new byte[] {'\n'}), end);
            }
            while (line.hasRemaining()) {
                end += channel.write(line, end);
            }
            channel.force(true);
        } finally {
            writing.unlock();
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
