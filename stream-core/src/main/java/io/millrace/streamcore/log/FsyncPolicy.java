package io.millrace.streamcore.log;

import java.util.Locale;

/** When an append counts as durable. The names in lower case are the values of {@code --fsync}. */
public enum FsyncPolicy {
    /** After an fsync: it survives a crash of the machine. */
    ALWAYS,
    /** After the write: it survives a crash of the server; an fsync follows within the interval. */
    INTERVAL,
    /** After the write: it survives a crash of the server; the operating system decides about the rest. */
    NEVER;

    /**
     * Reads {@code always}, {@code interval} or {@code never}.
     *
     * @throws IllegalArgumentException for any other text
     */
    public static FsyncPolicy parse(String text) {
        for (FsyncPolicy policy : values()) {
            if (policy.toString().equals(text)) {
                return policy;
            }
        }
        throw new IllegalArgumentException("not an fsync policy (always, interval or never): " + text);
    }

    /** The name as it is written on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
