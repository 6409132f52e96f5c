package io.millrace.streamcore.log;

import java.nio.file.Path;

/**
 * Bytes that were durable are not what was written. Nothing is dropped or repaired on the quiet: the file stays as it is.
 */
public final class CorruptLogException extends LogException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    CorruptLogException(Path file, long offset, String what) {
        super(
                file + " is damaged at byte " + offset + ": " + what
                        + ". Restore the data directory from a copy, or move this stream's folder away to go on without it",
                null);
        this.offset = offset;
    }

    /** Where in the file the damage was found. */
    public long offset() {
        return offset;
    }
}
