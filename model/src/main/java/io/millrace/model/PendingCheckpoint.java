package io.millrace.model;

import static java.util.Objects.requireNonNull;

/**
 * A checkpoint that is prepared and not committed: the first phase of two. Whoever takes the shard next finds it with the bytes
 * that its author left, and can end what was begun.
 *
 * @param position the last record that the checkpoint would cover
 * @param state bytes of the author's own, at most {@link #MOST_STATE}
 */
public record PendingCheckpoint(RecordPosition position, Bytes state) {
    /** The most bytes of state: a row of the lease table has room for few. */
    public static final int MOST_STATE = 32 << 10;

    /** Checks the parts. */
    public PendingCheckpoint {
        requireNonNull(position, "position");
        requireNonNull(state, "state");
        if (state.size() > MOST_STATE) {
            throw new IllegalArgumentException(
                    "the state of a prepared checkpoint has at most " + MOST_STATE + " bytes, not " + state.size());
        }
    }
}
