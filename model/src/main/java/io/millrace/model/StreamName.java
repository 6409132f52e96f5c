package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a stream, unique within one account and region. A stream of another account is known by its qualified name,
 * {@code account:region:name}, so that it is not taken for the own one of that name.
 *
 * @param value 1 to 128 letters, digits, {@code _}, {@code .} or {@code -}, or a qualified name
 */
public record StreamName(String value) implements Comparable<StreamName> {
    private static final int MAX_LENGTH = 128;
    private static final Pattern QUALIFIER = Pattern.compile("[0-9]{12}:[a-z0-9-]{1,40}:");

    /** Checks the form. */
    public StreamName {
        requireNonNull(value, "value");
        if (!isName(value) && !isQualified(value)) {
            throw new IllegalArgumentException(
                    "not a stream name (1 to 128 letters, digits, '_', '.' or '-'): " + value);
        }
    }

    private static boolean isQualified(String text) {
        int name = text.lastIndexOf(':') + 1;
        return name > 0 && QUALIFIER.matcher(text.substring(0, name)).matches() && isName(text.substring(name));
    }

    /** The name alone, as it is in the stream's own account. */
    public String plain() {
        return value.substring(value.lastIndexOf(':') + 1);
    }

    /** The ARN of a stream that is known by its qualified name; empty for a plain name. */
    public Optional<StreamArn> arn() {
        String[] parts = value.split(":", -1);
        return parts.length == 3 ? Optional.of(StreamArn.of(parts[0], parts[1], parts[2])) : Optional.empty();
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
