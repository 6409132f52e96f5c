package io.millrace.cli.streams;

import io.millrace.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads lines as they are, whatever their encoding; a line ends with LF or CR LF, the last one may end with the input. For
 * one thread.
 */
public final class LineReader {
    private final InputStream input;
    private final byte[] buffer = new byte[1 << 16];
    private int next;
    private int end;

    /** Reads from {@code input}, which the caller closes. */
    public LineReader(InputStream input) {
        this.input = input;
    }

    /** The next line, empty at the input's end. Blocks until there is one. */
    public Optional<Bytes> read() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        boolean any = false;
        while (fill()) {
            any = true;
            int stop = next;
            while (stop < end && buffer[stop] != '\n') {
                stop++;
            }
            line.write(buffer, next, stop - next);
            if (stop < end) {
                next = stop + 1;
                return Optional.of(Bytes.wrap(withoutCarriageReturn(line.toByteArray())));
            }
            next = end;
        }
        return any ? Optional.of(Bytes.wrap(line.toByteArray())) : Optional.empty();
    }

    /** True when the next read may have to wait for whoever writes the input. */
    public boolean mayBlock() throws IOException {
        return next == end && input.available() == 0;
    }

    private boolean fill() throws IOException {
        if (next < end) {
            return true;
        }
        next = 0;
        end = Math.max(0, input.read(buffer));
        return end > 0;
    }

    private static byte[] withoutCarriageReturn(byte[] line) {
        int length = line.length;
        return length > 0 && line[length - 1] == '\r' ? Arrays.copyOf(line, length - 1) : line;
    }
}
