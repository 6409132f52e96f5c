package io.millrace.streamcore.http;

import io.millrace.runtime.Transitions;
import org.slf4j.event.Level;

/** The stage of a request. */
enum RequestState {
    /** For a request to begin. */
    WAITING,
    /** A body. */
    RECEIVING,
    /** A whole request is with the handler; how long that takes is the server's own affair. */
    CALLING,
    /** An answer is on its way out. */
    WRITING,
    /** An answer goes on until its publisher ends it; only a client that takes nothing of it is cut. */
    PUSHING,
    /** A refused body, dropped as it comes. */
    DISCARDING;

    static final Transitions<RequestState> TRANSITIONS = Transitions.table(RequestState.class)
            .from(WAITING)
            .to(RECEIVING, "a header is here")
            .to(DISCARDING, "a header cannot be read")
            .from(RECEIVING)
            .to(CALLING, "the request is whole")
            .to(DISCARDING, "the request is refused")
            .from(CALLING)
            .to(WRITING, "the answer is here")
            .to(PUSHING, "the answer is one that goes on")
            .from(PUSHING)
            .to(WAITING, "its publisher ends it")
            .from(WRITING)
            .to(WAITING, "the answer is written")
            .loggedAt(Level.TRACE)
            .build();
}
