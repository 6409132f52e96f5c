package io.millrace.systemtests.chaos;

import io.millrace.systemtests.chaos.ChaosJudge.Told;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Reads the notes of children while they are written, on a thread of its own: a file for each daemon, named as it. */
final class ChildNotes implements AutoCloseable {
    private static final long LOOK_MILLIS = 20;

    private final Path folder;
    private final Consumer<Told> heard;
    private final Map<Path, Reading> readings = new HashMap<>();
    private final Semaphore isOver = new Semaphore(0);
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final ByteBuffer piece = ByteBuffer.allocate(1 << 16);

    /**
     * Begins to read.
     *
     * @param heard is told each note, on the thread
     */
    ChildNotes(Path folder, Consumer<Told> heard) {
        this.folder = folder;
        this.heard = heard;
        Thread reader = new Thread(this::run);
        reader.setDaemon(true);
        reader.start();
    }

    /** How far a file is read, and the beginning of a line whose end is not there yet. */
    private static final class Reading {
        private long at;
        private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
    }

    private void run() {
        try {
            while (!isOver.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                look();
            }
            look();
            done.complete(null);
        } catch (Throwable e) {
            done.completeExceptionally(e);
        }
    }

    private void look() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.toList();
        }
        for (Path file : files) {
            read(file, readings.computeIfAbsent(file, unused -> new Reading()));
        }
    }

    private void read(Path file, Reading reading) throws IOException {
        String daemon = String.valueOf(file.getFileName());
        try (FileChannel channel = FileChannel.open(file)) {
            for (int count = next(channel, reading); count > 0; count = next(channel, reading)) {
                reading.at += count;
                for (int i = 0; i < count; i++) {
                    byte one = piece.get(i);
                    if (one == '\n') {
                        ChaosNote.of(reading.rest.toString(StandardCharsets.US_ASCII))
                                .ifPresent(note -> heard.accept(new Told(daemon, note)));
                        reading.rest.reset();
                    } else {
                        reading.rest.write(one);
                    }
                }
            }
        }
    }

    private int next(FileChannel channel, Reading reading) throws IOException {
        return channel.read(piece.clear(), reading.at);
    }

    /** Reads what is there, and ends; throws if reading has failed. */
    @Override
    public void close() {
        isOver.release();
        try {
            done.orTimeout(30, TimeUnit.SECONDS).join();
        } catch (UncheckedIOException e) {
            throw new IllegalStateException("cannot read the notes of children", e);
        }
    }
}
