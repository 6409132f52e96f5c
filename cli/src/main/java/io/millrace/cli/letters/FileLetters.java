package io.millrace.cli.letters;

import io.millrace.cli.streams.LineReader;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.model.Bytes;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The letters of a file, one a line, as far as it reaches when it is opened. A last line without its end is one that a writer
 * is at, or that a crash tore: it is told and left out. For one thread.
 */
final class FileLetters implements LetterSource {
    private static final int MOST_LINES = 500;
    private static final int MOST_BYTES = 16 << 20;

    private final Path file;
    private final Consumer<String> notes;
    private final RandomAccessFile open;
    private final LineReader lines;
    private final boolean isTorn;
    private Optional<Bytes> ahead;
    private long number;

    FileLetters(Path file, Consumer<String> notes) throws IOException {
        this.file = file;
        this.notes = notes;
        if (Files.isDirectory(file)) {
            throw CommandFailure.failed(file + " is a folder, not a file of letters");
        }
        if (!Files.exists(file)) {
            throw CommandFailure.failed("no such file: " + file);
        }
        open = new RandomAccessFile(file.toFile(), "r");
        long size = open.length();
        isTorn = size > 0 && lastByte(size) != '\n';
        open.seek(0);
        lines = new LineReader(
                upTo(size, new BufferedInputStream(Channels.newInputStream(open.getChannel()), 1 << 16)));
        ahead = lines.read();
    }

    private int lastByte(long size) throws IOException {
        open.seek(size - 1);
        return open.read();
    }

    private static InputStream upTo(long size, InputStream whole) {
        return new InputStream() {
            private long left = size;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] to, int from, int length) throws IOException {
                int count = left == 0 ? -1 : whole.read(to, from, (int) Math.min(length, left));
                left -= Math.max(0, count);
                return count;
            }
        };
    }

    @Override
    public List<Entry> next() throws IOException {
        List<Entry> entries = new ArrayList<>();
        long bytes = 0;
        while (ahead.isPresent() && entries.size() < MOST_LINES && bytes < MOST_BYTES) {
            Bytes line = ahead.get();
            ahead = lines.read();
            number++;
            bytes += line.size();
            Entry entry = Entry.of("line " + number, line.toUtf8(), "");
            if (entry.letterOrNull() == null && isTorn && ahead.isEmpty()) {
                notes.accept("the last line of " + file + " is torn and left out; the next write to the file mends it");
            } else {
                entries.add(entry);
            }
        }
        return entries;
    }

    @Override
    public void putBack(List<Entry> entries) {
        // The file stays as it is; marks beside it tell what was put back.
    }

    @Override
    public void close() throws IOException {
        open.close();
    }
}
