package io.millrace.streamcore.api.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.runtime.EventLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file with one JSON line an event, readable by its owner only. A full file becomes {@code <name>.1}, that one
 * {@code <name>.2} and so on; the last is deleted. Whoever notes a line only puts it into a queue; when that is full, or
 * the disk is, lines are dropped, and a line says how many as soon as one can be written again.
 *
 * <p>Noting is safe for any thread; all else belongs to the event loop given, which may block.
 */
final class AuditLog {
    private static final Logger log = LoggerFactory.getLogger(AuditLog.class);
    private static final JsonFactory JSON = new JsonFactory();
    private static final int MAX_WAITING = 10_000;

    private final Path file;
    private final long maxBytes;
    private final int kept;
    private final EventLoop loop;
    private final Queue<AuditLine> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingCount = new AtomicInteger();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicBoolean isScheduled = new AtomicBoolean();
    private @Nullable OutputStream out;
    /** The key that tells the open file from another of its name; null where the system has none. */
    private @Nullable Object key;

    private long size;
    private boolean isFailing;

    private AuditLog(Path file, long maxBytes, int kept, EventLoop loop) {
        this.file = file;
        this.maxBytes = maxBytes;
        this.kept = kept;
        this.loop = loop;
    }

    /**
     * Opens the file, or makes it.
     *
     * @param maxBytes how large it may grow before it is put aside
     * @param kept how many are kept aside, at least 1
     * @param loop writes it; closing the loop ends the log, and {@link #finish} before that writes what is left
     * @throws IOException with one line for the user if it cannot be written
     */
    static AuditLog open(Path file, long maxBytes, int kept, EventLoop loop) throws IOException {
        if (maxBytes < 1 || kept < 1) {
            throw new IllegalArgumentException("maxBytes " + maxBytes + ", kept " + kept);
        }
        AuditLog opened = new AuditLog(file, maxBytes, kept, requireNonNull(loop, "loop"));
        try {
            opened.reopen();
        } catch (IOException e) {
            throw new IOException(
                    "Cannot write the audit log " + file + ": no folder, or no permission. Choose another.", e);
        }
        return opened;
    }

    /** Notes one line. */
    void add(AuditLine line) {
        if (waitingCount.incrementAndGet() > MAX_WAITING) {
            waitingCount.decrementAndGet();
            dropped.incrementAndGet();
            return;
        }
        waiting.add(line);
        if (isScheduled.compareAndSet(false, true)) {
            try {
                loop.execute(this::write);
            } catch (RejectedExecutionException closed) {
                // Nothing that comes after the end is noted.
            }
        }
    }

    /** Writes what waits and closes the file. Run by the loop as its last task. */
    void finish() {
        write();
        try {
            if (out != null) {
                out.close();
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    private void write() {
        isScheduled.set(false);
        ByteArrayOutputStream lines = new ByteArrayOutputStream(1024);
        int count = 0;
        long missed = dropped.getAndSet(0);
        try {
            for (AuditLine line = waiting.poll(); line != null; line = waiting.poll()) {
                waitingCount.decrementAndGet();
                if (missed > 0) {
                    write(lines, line.time(), missed);
                }
                missed = 0;
                write(lines, line);
                count++;
            }
            dropped.addAndGet(missed);
            append(lines);
            isFailing = false;
        } catch (IOException e) {
            dropped.addAndGet(missed + count);
            failed(e);
        }
    }

    private void append(ByteArrayOutputStream lines) throws IOException {
        if (lines.size() == 0) {
            return;
        }
        if (out != null && !isInPlace()) {
            log.warn("The audit log {} was taken away; a new one begins there", file);
            out.close();
            out = null;
            size = 0;
        }
        if (size > 0 && size + lines.size() > maxBytes) {
            rotate();
        }
        if (out == null) {
            reopen();
        }
        requireNonNull(out).write(lines.toByteArray());
        size += lines.size();
    }

    /** Lines written to a file that was taken away are lost when the server ends. */
    private boolean isInPlace() {
        try {
            return Objects.equals(
                    key, Files.readAttributes(file, BasicFileAttributes.class).fileKey());
        } catch (IOException missing) {
            return false;
        }
    }

    private void rotate() throws IOException {
        requireNonNull(out).close();
        out = null;
        for (int i = kept - 1; i >= 1; i--) {
            if (Files.exists(aside(i))) {
                Files.move(aside(i), aside(i + 1), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.move(file, aside(1), StandardCopyOption.REPLACE_EXISTING);
        reopen();
    }

    private Path aside(int number) {
        return file.resolveSibling(file.getFileName() + "." + number);
    }

    private void reopen() throws IOException {
        if (!Files.exists(file)) {
            boolean isPosix =
                    FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
            Files.createFile(
                    file,
                    isPosix
                            ? new FileAttribute<?>[] {
                                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                            }
                            : new FileAttribute<?>[0]);
        }
        out = Files.newOutputStream(file, StandardOpenOption.APPEND);
        BasicFileAttributes opened = Files.readAttributes(file, BasicFileAttributes.class);
        key = opened.fileKey();
        size = opened.size();
    }

    private void failed(IOException e) {
        if (!isFailing) {
            log.warn("The audit log {} cannot be written; lines are dropped until it can: {}", file, e.toString());
        }
        isFailing = true;
    }

    private static void write(OutputStream lines, Instant time, long missed) throws IOException {
        try (JsonGenerator json = generator(lines)) {
            json.writeStartObject();
            json.writeStringField("time", time.toString());
            json.writeNumberField("droppedLines", missed);
            json.writeEndObject();
        }
        lines.write('\n');
    }

    private static void write(OutputStream lines, AuditLine line) throws IOException {
        try (JsonGenerator json = generator(lines)) {
            json.writeStartObject();
            json.writeStringField("time", line.time().toString());
            line.writeTo(json);
            json.writeEndObject();
        }
        lines.write('\n');
    }

    private static JsonGenerator generator(OutputStream lines) throws IOException {
        return JSON.createGenerator(lines).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    }
}
