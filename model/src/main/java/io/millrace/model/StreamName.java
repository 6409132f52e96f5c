package io.millrace.model;

import static java.util.Objects.requireNonNull;

/**
 * A stream's name, unique within one account and region.
 *
 * @param value 1 to 128 letters, digits, {@code _}, {@code .} or {@code -}
 */
public record StreamName(String value) implements Comparable<StreamName> {
    private static final int MAX_LENGTH = 128;

    /** Checks the form. */
    public StreamName {
        requireNonNull(value, "value");
        if (!isName(value)) {
            throw new IllegalArgumentException(
                    "not a stream name (1 to 128 letters, digits, '_', '.' or '-'): " + value);
        }
    }

    @Override
    public int compareTo(StreamName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }

    /** The rule for names of streams and shards; a loop, because every request has some and a pattern takes its time. */
    static boolean isName(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean fits = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '_'
                    || c == '.'
                    || c == '-';
            if (!fits) {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= MAX_LENGTH;
    }
}
