package io.millrace.multilang.child;

import io.millrace.multilang.line.FromChild;

/** Is told of a connection of a child. Called on the loop of the children, but for {@link #moved}. */
interface SocketEvents {
    /** The child has connected with the token that this one waited for. Called once, first. */
    void connected(Connection connection);

    /** A message came. */
    void received(FromChild message);

    /** So many bytes went to the child, and so many came from it. Called on any thread. */
    void moved(long toChild, long fromChild);

    /** The bytes that came are no message, or no message could be sent; the connection is closed. */
    void broke(String why);

    /** The daemon could not keep the connection, by no fault of the child; it is closed. */
    void lost(String why);

    /** The child has closed the connection, and all that came was told. */
    void closed();
}
