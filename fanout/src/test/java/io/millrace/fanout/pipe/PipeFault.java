package io.millrace.fanout.pipe;

/** A fault that {@link FaultyPipes} bring upon a worker's pipe. */
enum PipeFault {
    /** A subscription brings nothing any more, and does not end. */
    SILENCE,
    /** A subscription is asked for, and nobody ever answers. */
    UNANSWERED,
    /** The next event comes after seconds, but within the service's time and a half. */
    LATE_HEARTBEAT,
    /** The next event comes when it has been given up. */
    TOO_LATE_HEARTBEAT,
    /** The stream is reset. */
    RESET,
    /** The connection of all pipes goes away, as a GOAWAY tells. */
    GOAWAY,
    /** The service ends it in good order, before its time. */
    COMPLETE,
    /** Another one of the consumer holds the shard. */
    IN_USE,
    /** A limit of calls. */
    THROTTLED,
    /** The place of a subscription is refused. */
    POSITION_REFUSED,
    /** The consumer is deleted, and registered again after a while. */
    CONSUMER_DELETED,
    /** The permission is taken, and given again after a while. */
    PERMISSION_TAKEN,
    /** Polling, which bridges a pipe that is not open, fails. */
    BRIDGE_FAILS,
    /** Polling gets no answer. */
    BRIDGE_UNANSWERED
}
