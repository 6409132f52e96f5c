package io.millrace.multilang.child;

import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.ToChild;

/** The running process of a child, as far as its state machine knows it. All methods are called on the loop and do not block. */
interface ChildProcess {
    /** The process id. */
    long pid();

    /** Begins to tell what it does. Called once. */
    void listen();

    /** Writes a message, after those before it. A failure is told to {@link Events#sendFailed}. */
    void send(ToChild message);

    /** Closes the child's standard input or socket, once all messages are written. */
    void closeInput();

    /** SIGTERM, to its own children as well. */
    void terminate();

    /** SIGKILL, to its own children as well. */
    void kill();

    /** True while a process runs that was its child, or a child's child, when its input was closed or a signal was sent. */
    boolean hasSurvivors();

    /** True if it is gone and another shard that it served is at fault, or nobody can tell which one is. */
    default boolean isBlameless() {
        return false;
    }

    /** Is told of a process' messages and its end. Called on the loop. */
    interface Events {
        /** False once nobody needs the process any more, which may be before it is started. */
        default boolean isWanted() {
            return true;
        }

        /** Another shard's process has to show first whether it serves this one, too: its own start has not begun. */
        default void waits() {}

        /** It waits no longer. */
        default void begins() {}

        /** A message came. */
        void received(FromChild message);

        /** So many bytes went to it, and so many came from it. Called on any thread. */
        default void moved(long toChild, long fromChild) {}

        /** It does not keep to the protocol. */
        void broke(String why);

        /** The standard output, or the socket where it speaks frames, is closed, and all that stood in it was told. */
        void outputEnded();

        /** A message could not be written. */
        void sendFailed(String why);

        /** The process is gone. */
        void exited(int code);
    }
}
