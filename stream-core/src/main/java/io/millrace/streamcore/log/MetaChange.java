package io.millrace.streamcore.log;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Changes of several keys that happen together or not at all.
 *
 * @param parts one for each key
 */
public record MetaChange(List<Part> parts) {
    /** Copies the list. */
    public MetaChange {
        parts = List.copyOf(parts);
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("a change changes something");
        }
    }

    /** Writes one key, if its version is still this one (0: if there is no such key). */
    public static MetaChange put(String key, long expectedVersion, Bytes value) {
        return new MetaChange(List.of(new Part(key, expectedVersion, value)));
    }

    /** Removes one key, if its version is still this one. */
    public static MetaChange remove(String key, long expectedVersion) {
        return new MetaChange(List.of(new Part(key, expectedVersion, null)));
    }

    /**
     * What happens to one key.
     *
     * @param key the key, at most 65,535 bytes in UTF-8
     * @param expectedVersion the version the key must have, 0 for a key that must not exist
     * @param valueOrNull the new value; absent to remove the key
     */
    public record Part(
            String key, long expectedVersion, @Nullable Bytes valueOrNull) {
        /** Checks the key. */
        public Part {
            requireNonNull(key, "key");
        }

        /** The new value, empty when the key is removed. */
        public Optional<Bytes> value() {
            return Optional.ofNullable(valueOrNull);
        }
    }
}
