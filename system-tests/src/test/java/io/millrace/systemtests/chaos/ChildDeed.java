package io.millrace.systemtests.chaos;

/** Something that a child does within a batch when it is asked to. */
enum ChildDeed {
    /** It kills itself with SIGKILL. */
    KILL(true),
    /** It exits with code 0. */
    EXIT(true),
    /** Its handler raises an error; a child of the plain line protocol exits by it. */
    RAISE(false),
    /** It does nothing any more. */
    HANG(true),
    /** It does nothing for a while that is shorter than the limit for a message. */
    PAUSE(false),
    /** It prints bytes that are no text, and texts that are no message. */
    PRINT(false),
    /** It sends a line that is no message where its messages go. */
    GARBAGE(true),
    /** It sends half a message, and is killed. */
    CUT(true),
    /** It sends half a message, and goes on. */
    TEAR(true),
    /** It closes its standard output, and goes on. */
    CLOSE_OUTPUT(true),
    /** It closes the way of its messages, and goes on. */
    CLOSE_WAY(true);

    private final boolean mayEndIt;

    ChildDeed(boolean mayEndIt) {
        this.mayEndIt = mayEndIt;
    }

    /** True if the process may end by it, and with it whatever other shards it serves. */
    boolean mayEndTheProcess() {
        return mayEndIt;
    }
}
