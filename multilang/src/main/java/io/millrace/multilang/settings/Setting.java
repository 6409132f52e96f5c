package io.millrace.multilang.settings;

import static java.util.Objects.requireNonNull;

/**
 * A key and its value as somebody wrote them.
 *
 * @param key as it was written
 * @param value without space around it
 * @param origin where it stands, such as {@code line 7} or {@code --set}
 */
public record Setting(String key, String value, String origin) {
    /** Checks the parts, and takes space off the value. */
    public Setting {
        requireNonNull(key, "key");
        requireNonNull(origin, "origin");
        value = value.strip();
    }
}
