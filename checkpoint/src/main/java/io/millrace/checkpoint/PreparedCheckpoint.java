package io.millrace.checkpoint;

import io.millrace.model.RecordPosition;
import java.util.concurrent.CompletionStage;

/**
 * A checkpoint that is prepared in the lease table, the first phase of two. It stands there until it is committed, or until a
 * checkpoint at or beyond it is saved. Whoever owns the shard then finds it in its context.
 *
 * <p>Safe for any thread.
 */
public interface PreparedCheckpoint {
    /** The last record that it covers. */
    RecordPosition position();

    /**
     * Moves the shard's checkpoint to {@link #position} and waits until that is saved. Committing again does nothing more.
     *
     * @throws LeaseLostException if another worker owns the shard now; it finds this checkpoint as a pending one
     * @throws CheckpointFailedException if it could not be learned whether it was saved, such as after an interrupt
     */
    void commit();

    /** As {@link #commit()}, without waiting: the stage completes when that is saved. */
    CompletionStage<Void> commitAsync();
}
