package io.millrace.lease.coordinator;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Where one ownership of a lease stands. */
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

    private static final Map<LeaseState, Set<LeaseState>> NEXT = Map.of(
            HELD, EnumSet.of(ASKED_FOR, FINISHING, RELEASING, ENDED),
            ASKED_FOR, EnumSet.of(FINISHING, RELEASING, ENDED),
            FINISHING, EnumSet.of(ENDED),
            RELEASING, EnumSet.of(ENDED),
            ENDED, EnumSet.noneOf(LeaseState.class));

    boolean canBecome(LeaseState next) {
        return NEXT.getOrDefault(this, Set.of()).contains(next);
    }

    /** True while the holder may hand records to a processor. */
    boolean allowsProcessing() {
        return this == HELD || this == ASKED_FOR || this == FINISHING;
    }
}
