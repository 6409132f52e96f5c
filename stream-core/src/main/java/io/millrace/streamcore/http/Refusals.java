package io.millrace.streamcore.http;

import java.net.InetAddress;

/** Hears of what is refused before it is a request, for which no answer says why. Called on event loops; never blocks. */
@FunctionalInterface
public interface Refusals {
    /** Hears nothing. */
    Refusals NONE = (peer, status, reason) -> {};

    /**
     * Something was refused.
     *
     * @param peer who sent it
     * @param status of the answer; 0 where the connection was cut without one
     * @param reason a word or two, no part of what was sent
     */
    void refused(InetAddress peer, int status, String reason);
}
