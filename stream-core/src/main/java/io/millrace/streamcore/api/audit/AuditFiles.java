package io.millrace.streamcore.api.audit;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Two logs, so that nobody pushes out of one what they did by having enough refused: what was done in the file given, what was
 * refused in one beside it. Refusals of callers whose signature was not verified have a line each up to a number for each source and minute,
 * beyond it one line says how many. Safe for any thread; never blocks.
 */
public final class AuditFiles implements Audit {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final AuditLog done;
    private final AuditLog refused;
    private final EventLoop loop;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final RefusalCounter counter = new RefusalCounter();
    private boolean isEndScheduled;

    private AuditFiles(AuditLog done, AuditLog refused, EventLoop loop, InstantSource clock) {
        this.done = done;
        this.refused = refused;
        this.loop = loop;
        this.clock = clock;
    }

    /**
     * Opens both files, or makes them. What is no file, such as a pipe, gets the lines of both.
     *
     * @param file of what was done; refusals are in the file with {@code -refused} before its ending
     * @param maxBytes how large one may grow before it is put aside
     * @param kept how many of each are kept aside, at least 1
     * @param loop writes them; closing the loop ends the logs, and {@link #finish} before that writes what is left
     * @throws IOException with one line for the user if one cannot be written
     */
    public static AuditFiles open(Path file, long maxBytes, int kept, EventLoop loop, InstantSource clock)
            throws IOException {
        requireNonNull(clock, "clock");
        AuditLog done = AuditLog.open(file, maxBytes, kept, loop);
        boolean isFile = Files.isRegularFile(file);
        AuditLog refused = isFile ? AuditLog.open(refusedBeside(file), maxBytes, kept, loop) : done;
        return new AuditFiles(done, refused, loop, clock);
    }

    /** The file for refusals beside {@code file}, which has what was done. */
    static Path refusedBeside(Path file) {
        String name = requireNonNull(file.getFileName(), "file").toString();
        int dot = name.lastIndexOf('.');
        int end = dot <= 0 ? name.length() : dot;
        return file.resolveSibling(name.substring(0, end) + "-refused" + name.substring(end));
    }

    @Override
    public void record(AuditEvent event) {
        if (event.outcome().equals(AuditEvent.OK)) {
            done.add(event);
        } else if (event.isVerified()) {
            refused.add(event);
        } else {
            refuse(event);
        }
    }

    private void refuse(AuditEvent event) {
        lock.lock();
        try {
            if (counter.isOver(event.time())) {
                counter.end().forEach(refused::add);
            }
            if (counter.isToBeWritten(event.time(), event.source())) {
                refused.add(event);
            }
            scheduleEnd();
        } finally {
            lock.unlock();
        }
    }

    private void scheduleEnd() {
        if (!isEndScheduled) {
            try {
                var unused = loop.schedule(MINUTE, this::lookAtMinute);
                isEndScheduled = true;
            } catch (RejectedExecutionException closed) {
                // Nothing that comes after the end is noted.
            }
        }
    }

    /** Tells of a minute whose end no refusal of a later one has shown. */
    private void lookAtMinute() {
        lock.lock();
        try {
            isEndScheduled = false;
            if (counter.isOver(clock.instant())) {
                counter.end().forEach(refused::add);
            } else {
                scheduleEnd();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Writes what waits, the counts of this minute too, and closes the files. Run by the loop as its last task. */
    public void finish() {
        lock.lock();
        try {
            counter.end().forEach(refused::add);
        } finally {
            lock.unlock();
        }
        done.finish();
        if (refused != done) {
            refused.finish();
        }
    }
}
