package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

/**
 * Why a subscription ended.
 *
 * @param kind what sort of end
 * @param message what the service or the network said, in one line
 */
public record PipeEnd(Kind kind, String message) {
    /** Checks the parts. */
    public PipeEnd {
        requireNonNull(kind, "kind");
        requireNonNull(message, "message");
    }

    /** The ends that a source reacts to differently; {@code Reaction} has the table. */
    public enum Kind {
        /** The service ended it in good order, as it does after five minutes. */
        COMPLETE,
        /** Another subscription of this consumer holds the shard, or did within five seconds; or the consumer is not active. */
        IN_USE,
        /** More calls than the service allows. */
        THROTTLED,
        /** The stream, the shard or the consumer is not there. */
        GONE,
        /** The caller may not subscribe, or the consumer may not be registered: permissions, or a stream with as many as it takes. */
        FORBIDDEN,
        /** The service does not accept the position for this shard. */
        POSITION_REFUSED,
        /** Anything else: a reset, a GOAWAY, a closed connection, an error of the service, silence. */
        BROKEN
    }
}
