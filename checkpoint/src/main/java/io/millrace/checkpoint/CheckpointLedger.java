package io.millrace.checkpoint;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The progress of one ownership: delivered to the processor, processed by it, handed over to be saved. In this order
 * none is ever ahead of the one before, and none moves backwards. No clock, no thread; belongs to the loop of
 * its driver.
 */
final class CheckpointLedger {
    private @Nullable RecordPosition delivered;
    private Checkpoint processed;
    private Checkpoint asked;
    /** Stands before this record until somebody says otherwise. */
    private @Nullable RecordPosition prepared;

    /** A ledger that begins at what the table holds. */
    CheckpointLedger(Checkpoint start) {
        this.processed = requireNonNull(start, "start");
        this.asked = start;
    }

    /** Everything up to {@code last} is in the processor's hands or was. Telling it again changes nothing. */
    void delivered(RecordPosition last) {
        if (delivered == null || last.compareTo(delivered) > 0) {
            delivered = last;
        }
    }

    /**
     * Everything up to {@code last} is processed. What is processed already stays so.
     *
     * @throws IllegalArgumentException if {@code last} was not delivered
     */
    void processed(RecordPosition last) {
        Checkpoint checkpoint = Checkpoint.processed(last);
        if (!checkpoint.isAfter(processed)) {
            return;
        }
        if (delivered == null || last.compareTo(delivered) > 0) {
            throw new IllegalArgumentException("cannot checkpoint " + last.sequenceNumber() + "/"
                    + last.subSequenceNumber() + ": it is beyond the last delivered record ("
                    + (delivered == null ? "none" : delivered.sequenceNumber() + "/" + delivered.subSequenceNumber())
                    + ")");
        }
        processed = checkpoint;
    }

    /** Everything delivered is processed. */
    void allProcessed() {
        if (delivered != null) {
            processed(delivered);
        }
    }

    /** How far processing got. */
    Checkpoint processed() {
        return processed;
    }

    /** What to save next, if there is progress that nobody has asked to save. */
    Optional<Checkpoint> due() {
        return processed.isAfter(asked) && !isHeld() ? Optional.of(processed) : Optional.empty();
    }

    /** The checkpoint that the lease is given back at: all that is processed, but for what a prepared checkpoint holds. */
    Checkpoint last() {
        return isHeld() ? asked : processed;
    }

    private boolean isHeld() {
        return prepared != null && !Checkpoint.processed(prepared).isAfter(processed);
    }

    /**
     * A checkpoint is prepared at {@code position}: none at or beyond it is due before {@link #ended}.
     *
     * @throws IllegalArgumentException if that is processed already
     */
    void prepared(RecordPosition position) {
        if (!Checkpoint.processed(position).isAfter(processed)) {
            throw new IllegalArgumentException("cannot prepare a checkpoint at " + position.sequenceNumber() + "/"
                    + position.subSequenceNumber() + ": the shard is processed beyond it");
        }
        prepared = position;
    }

    /** The user declared everything up to {@code last} processed: a prepared checkpoint up to there holds nothing any more. */
    void ended(@Nullable RecordPosition last) {
        if (prepared != null && (last == null || last.compareTo(prepared) >= 0)) {
            prepared = null;
        }
    }

    /** {@code checkpoint} is handed over to be saved. */
    void asked(Checkpoint checkpoint) {
        asked = checkpoint;
    }

    /** The checkpoint that was handed over last. */
    Checkpoint asked() {
        return asked;
    }
}
