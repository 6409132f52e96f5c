package io.millrace.streamcore.log;

import java.nio.file.Path;

/**
 * Bytes that were durable are not what was written, or whole files are gone. Nothing is dropped or repaired on the quiet:
 * what is left stays as it is.
 */
public final class CorruptLogException extends LogException {
    private static final long serialVersionUID = 1L;

    private final String finding;
    private final long offset;

    /** Damage of {@code file} at {@code offset}; {@code what} says what does not fit. */
    public CorruptLogException(Path file, long offset, String what) {
        this(file + " is damaged at byte " + offset + ": " + what, advice(file), offset);
    }

    private CorruptLogException(String finding, String advice, long offset) {
        super(finding + advice, null);
        this.finding = finding;
        this.offset = offset;
    }

    /** A file or folder is gone; {@code why} says how it is known that it was there. */
    public static CorruptLogException missing(Path file, String why) {
        return new CorruptLogException(file + " is missing, " + why, advice(file), 0);
    }

    /** The same damage with more to say about what can be done. */
    public CorruptLogException withAdvice(String more) {
        String soFar = String.valueOf(getMessage()).substring(finding.length());
        CorruptLogException advised = new CorruptLogException(finding, soFar + more, offset);
        advised.setStackTrace(getStackTrace());
        return advised;
    }

    /** What is wrong with which file, without what to do about it. */
    public String finding() {
        return finding;
    }

    /** Where in the file the damage was found. */
    public long offset() {
        return offset;
    }

    private static String advice(Path file) {
        return ". Nothing was changed; restore " + file.getParent() + " from a copy";
    }
}
