package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.util.regex.Pattern;

/**
 * A stream's name, unique within one account and region.
 *
 * @param value 1 to 128 letters, digits, {@code _}, {@code .} or {@code -}
 */
public record StreamName(String value) implements Comparable<StreamName> {
    private static final Pattern FORM = Pattern.compile("[a-zA-Z0-9_.-]{1,128}");

    /** Checks the form. */
    public StreamName {
        requireNonNull(value, "value");
        if (!FORM.matcher(value).matches()) {
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
}
