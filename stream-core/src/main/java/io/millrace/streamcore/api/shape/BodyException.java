package io.millrace.streamcore.api.shape;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request body that is not what the operation reads. */
public final class BodyException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean isMalformed;

    private BodyException(boolean isMalformed, @Nullable String text) {
        super(text, null, false, false);
        this.isMalformed = isMalformed;
    }

    static BodyException malformed() {
        return new BodyException(true, null);
    }

    static BodyException mistyped(String text) {
        return new BodyException(false, text);
    }

    /** True when the body is no JSON or CBOR map at all; false when a member of it has the wrong type. */
    public boolean isMalformed() {
        return isMalformed;
    }

    /** What the service would say; empty when it says nothing. */
    public Optional<String> text() {
        return Optional.ofNullable(getMessage());
    }
}
