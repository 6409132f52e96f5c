package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** A rule of the service refused a call. Kind and text are what the service would answer. */
public final class StreamException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** A refusal of this kind and text. */
    public StreamException(Kind kind, @Nullable String message) {
        super(message, null, false, false);
        this.kind = requireNonNull(kind, "kind");
    }

    /** Which error of the API this is. */
    public Kind kind() {
        return kind;
    }

    /** The errors of the API that the rules about streams and shards give rise to. */
    public enum Kind {
        /** No such stream, shard or consumer. */
        RESOURCE_NOT_FOUND,
        /** It exists already, or is in the wrong state. */
        RESOURCE_IN_USE,
        /** A value that the rules do not allow here. */
        INVALID_ARGUMENT,
        /** More than is allowed. */
        LIMIT_EXCEEDED,
        /** Not allowed for this sort of stream. */
        VALIDATION,
        /** The server itself failed. */
        INTERNAL_FAILURE
    }
}
