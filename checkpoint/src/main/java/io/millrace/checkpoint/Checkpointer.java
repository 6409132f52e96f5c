package io.millrace.checkpoint;

import io.millrace.model.RecordPosition;

/**
 * Lets a record processor say that records are processed, and waits until the lease table says so too. Nobody has to
 * call it: what {@code processRecords} returned from is checkpointed without asking, within the checkpoint interval. Call
 * it to be sure at once, or to report progress inside a batch: after a failure the batch is tried again from the record
 * after the one reported.
 *
 * <p>Safe for any thread that may block. The calls must not be made from an event loop.
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
}
