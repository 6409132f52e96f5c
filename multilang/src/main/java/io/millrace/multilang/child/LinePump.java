package io.millrace.multilang.child;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Takes bytes apart into lines: those of a stream, which it reads to its end, or those that it is given. A line longer than the bound
 * is handed out cut; the rest of it is dropped. Belongs to one thread at a time.
 */
final class LinePump {
    private static final int CHUNK = 8 * 1024;

    private final int longest;
    private final Lines lines;
    private byte[] line = new byte[256];
    private int length;
    private long dropped;

    /** Lines have at most {@code longest} bytes. */
    LinePump(int longest, Lines lines) {
        this.longest = longest;
        this.lines = lines;
    }

    /** Takes lines. */
    @FunctionalInterface
    interface Lines {
        /**
         * A line, without its end.
         *
         * @param bytes holds it until this returns
         * @param from where it begins
         * @param length how many bytes it has
         * @param dropped how many more it had
         */
        void line(byte[] bytes, int from, int length, long dropped);
    }

    /** Reads {@code in}, which blocks. Returns at its end, or once it is closed. */
    void run(InputStream in) {
        byte[] chunk = new byte[CHUNK];
        try {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                take(chunk, read);
            }
        } catch (IOException closed) {
            // As its end.
        }
        if (length > 0 || dropped > 0) {
            handOut();
        }
    }

    /** Takes the first {@code read} bytes of {@code chunk}. */
    void take(byte[] chunk, int read) {
        int begin = 0;
        for (int i = 0; i < read; i++) {
            if (chunk[i] == '\n') {
                if (length == 0 && dropped == 0) {
                    lines.line(chunk, begin, i - begin, 0);
                } else {
                    keep(chunk, begin, i - begin);
                    handOut();
                }
                begin = i + 1;
            }
        }
        keep(chunk, begin, read - begin);
    }

    private void keep(byte[] chunk, int from, int bytes) {
        int kept = Math.min(bytes, longest - length);
        if (length + kept > line.length) {
            line = Arrays.copyOf(line, Math.min(longest, Math.max(length + kept, line.length * 2)));
        }
        System.arraycopy(chunk, from, line, length, kept);
        length += kept;
        dropped += bytes - kept;
    }

    private void handOut() {
        lines.line(line, 0, length, dropped);
        length = 0;
        dropped = 0;
    }
}
