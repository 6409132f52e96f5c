package io.millrace.streamcore.log;

import java.nio.file.Path;

/**
 * Bytes that were durable are not what was written. Nothing is dropped or repaired on the quiet: the file stays as it is.
 */
public final class CorruptLogException extends LogException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    /** Damage of {@code file} at {@code offset}; {@code what} says what does not fit. */
    public CorruptLogException(Path file, long offset, String what) {
        super(
                file + " is damaged at byte " + offset + ": " + what + ". Nothing was changed; restore "
                        + file.getParent() + " from a copy, or move it away to go on without what is in it",
                null);
        this.offset = offset;
    }

    /** Where in the file the damage was found. */
    public long offset() {
        return offset;
    }
}
