package io.millrace.fanout;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** A call for a shard's records failed. */
public final class ShardReadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** A failure of this kind. */
    public ShardReadException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = requireNonNull(kind, "kind");
    }

    /** What sort of failure this is. */
    public Kind kind() {
        return kind;
    }

    /** What a reader can do about it. */
    public enum Kind {
        /** More calls than the service allows: wait longer. */
        THROTTLED,
        /** The iterator is too old or not known any more: get another one from the exact position. */
        ITERATOR_EXPIRED,
        /** There is no such shard or stream: someone has to decide. */
        GONE,
        /** The service does not accept the position for this shard: someone has to decide. */
        POSITION_REFUSED,
        /** Anything else, the network included: try again. */
        TRANSIENT
    }
}
