package io.millrace.multilang.child;

/** Why a child is gone. */
public enum ChildEnd {
    /** Somebody wanted it: its shard is over or given away, or the daemon ends. */
    WANTED,
    /** It exited, was killed, or closed its output. */
    EXITED,
    /** It took longer than it may. */
    TIMEOUT,
    /** It did not keep to the protocol. */
    PROTOCOL,
    /** It told of a failure in an action that allows none. */
    FAILED,
    /** It could not be started. */
    NOT_STARTED
}
