package io.millrace.streamcore.api.auth;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who asks, as far as that was found out. Immutable. */
public final class Caller {
    /** Somebody who was not asked for a proof. */
    static final Caller ANYONE = new Caller(null);

    private final @Nullable AccessKey key;

    private Caller(@Nullable AccessKey key) {
        this.key = key;
    }

    static Caller of(AccessKey key) {
        return new Caller(key);
    }

    /** The key whose signature was verified; empty where none is asked for. */
    Optional<AccessKey> key() {
        return Optional.ofNullable(key);
    }

    /** The id of the key whose signature was verified; empty where none is asked for. */
    public Optional<String> keyId() {
        return key().map(AccessKey::id);
    }
}
