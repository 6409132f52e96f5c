package io.millrace.producer;

import io.millrace.runtime.Transitions;

/** The state of a producer towards its stream: it sends by a map of the shards, and stands still while it has none that is right. */
enum FlowState {
    /** Nothing is under way; the shards are asked for as soon as records wait. */
    LISTING,
    /** Records are sent by the map. */
    SENDING,
    /** An answer contradicted the map; nothing more is sent until the others have come. */
    SETTLING,
    /** Every record has an outcome. */
    ENDED;

    static final Transitions<FlowState> TABLE = Transitions.table(FlowState.class)
            .from(LISTING)
            .to(SENDING, "the shards are listed, or may not be")
            .to(ENDED, "the producer is closed")
            .from(SENDING)
            .to(SETTLING, "an answer contradicts the map")
            .to(ENDED, "the producer is closed")
            .from(SETTLING)
            .to(LISTING, "all requests are answered")
            .to(ENDED, "the producer is closed")
            .build();
}
