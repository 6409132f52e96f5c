package io.millrace.lease.coordinator;

import io.millrace.runtime.Transitions;

/** The state of one ownership of a lease. */
enum LeaseState {
    /** Ours; records may be processed. */
    HELD,
    /** Ours, but it shall go: the holder was asked to finish the batch in hand and release. */
    ASKED_FOR,
    /** The shard's end is being written. */
    FINISHING,
    /** Being given back. */
    RELEASING,
    /** No longer ours. */
    ENDED;

    static final Transitions<LeaseState> TRANSITIONS = Transitions.table(LeaseState.class)
            .from(HELD)
            .to(ASKED_FOR, "the lease is asked for")
            .to(FINISHING, "its holder reached the shard's end")
            .to(RELEASING, "its holder gives it back, or has no more time to")
            .to(ENDED, "the lease is lost")
            .from(ASKED_FOR)
            .to(FINISHING, "its holder reached the shard's end")
            .to(RELEASING, "its holder gives it back, or has no more time to")
            .to(ENDED, "the lease is lost")
            .from(FINISHING)
            .to(ENDED, "the shard's end is written, or the lease is lost")
            .from(RELEASING)
            .to(ENDED, "the release is written, or the lease is lost")
            .build();

    /** True while the holder may hand records to a processor. */
    boolean allowsProcessing() {
        return this == HELD || this == ASKED_FOR || this == FINISHING;
    }
}
