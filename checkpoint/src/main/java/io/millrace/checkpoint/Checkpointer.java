package io.millrace.checkpoint;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import java.util.concurrent.CompletionStage;

/**
 * Lets a record processor say that records are processed, and waits until the lease table says so too. With automatic
 * checkpoints nobody has to call it: the checkpoint follows what {@code processRecords} returned from, within the checkpoint
 * interval. Call it to be sure at once, or to report progress inside a batch: after a failure the batch is tried again from
 * the record after the one reported. With manual checkpoints nothing else moves the checkpoint.
 *
 * <p>Where a shard has several lanes, a checkpointer speaks for the records of its processor's lane. The shard's checkpoint
 * stands before the first record that is not processed in any lane. So a call that returns says that as much is saved as may be.
 *
 * <p>Safe for any thread. {@link #checkpoint()} and {@link #checkpoint(RecordPosition)} block and must not be called from an
 * event loop. The asynchronous ones do not; their stages complete on a thread that may block, and exceptionally with what the others
 * throw.
 */
public interface Checkpointer {
    /**
     * Says that every record delivered so far is processed, the batch in hand included, and waits until that is saved.
     *
     * @throws LeaseLostException if another worker owns the shard now; stop working on it
     * @throws CheckpointFailedException if it could not be learned whether it was saved, such as after an interrupt
     */
    void checkpoint();

    /**
     * Says that every record up to and including {@code position} is processed and waits until that is saved. Returns at
     * once if that much is saved already: a checkpoint never moves backwards.
     *
     * @throws IllegalArgumentException if {@code position} is beyond the last delivered record
     * @throws LeaseLostException if another worker owns the shard now; stop working on it
     * @throws CheckpointFailedException if it could not be learned whether it was saved, such as after an interrupt
     */
    void checkpoint(RecordPosition position);

    /** As {@link #checkpoint()}, without waiting: the stage completes when that is saved. */
    CompletionStage<Void> checkpointAsync();

    /** As {@link #checkpoint(RecordPosition)}, without waiting: the stage completes when that is saved. */
    CompletionStage<Void> checkpointAsync(RecordPosition position);

    /**
     * Prepares a checkpoint: writes {@code position} and {@code state} beside the checkpoint, which stays where it is, and waits
     * until they are saved. For work with an effect elsewhere that must happen once: prepare with what is needed to find out or to
     * repeat it, do it, then commit. A worker that dies in between leaves both to the next owner,
     * {@code ShardContext.pending()}. While it is not committed, checkpoints that are saved by themselves stop before it; an
     * explicit one at or beyond it takes its place. Preparing another replaces it.
     *
     * @param state bytes of your own, at most 32 KiB
     * @throws IllegalArgumentException if {@code position} is beyond the last delivered record, or processed already, or the state
     *     is too large
     * @throws IllegalStateException if the shard has several lanes, which share one checkpoint
     * @throws LeaseLostException if another worker owns the shard now; stop working on it
     * @throws CheckpointFailedException if it could not be learned whether it was saved, such as after an interrupt
     */
    PreparedCheckpoint prepare(RecordPosition position, Bytes state);

    /** As {@link #prepare}, without waiting: the stage completes when that is saved. */
    CompletionStage<PreparedCheckpoint> prepareAsync(RecordPosition position, Bytes state);

    /** True once another worker may own the shard. No checkpoint is possible from then on. */
    boolean isLeaseLost();
}
