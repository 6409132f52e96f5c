package io.millrace.multilang.processor;

import io.millrace.checkpoint.CheckpointFailedException;
import io.millrace.checkpoint.LeaseLostException;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.multilang.line.FromChild;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The meaning of a checkpoint that a child asks for, and how a refusal is told: by the KCL's rules and names. Pure functions. */
final class AskedCheckpoint {
    static final String OUT_OF_BOUNDS = "IllegalArgumentException";
    static final String LOST = "ShutdownException";
    static final String UNKNOWN = "KinesisClientLibDependencyException";
    static final String NOT_NOW = "InvalidStateException";

    private static final String SHARD_END = "SHARD_END";

    private AskedCheckpoint() {}

    /** The meaning of a checkpoint. */
    sealed interface Meaning {
        /** All that the child was given. */
        record Everything() implements Meaning {}

        /** Everything up to and including this record. */
        record UpTo(RecordPosition position) implements Meaning {}

        /** No more than what is saved already. */
        record Saved() implements Meaning {}

        /** The checkpoint is refused with this error. */
        record Refused(String error) implements Meaning {}
    }

    private static final Meaning REFUSED = new Meaning.Refused(OUT_OF_BOUNDS);

    /**
     * The meaning of {@code asked}.
     *
     * @param saved the last checkpoint: none goes back behind it
     * @param delivered the last record that the child was given; absent if there is none
     * @param isAtEnd true if the child knows that the shard has ended
     */
    static Meaning of(
            FromChild.Checkpoint asked, Checkpoint saved, @Nullable RecordPosition delivered, boolean isAtEnd) {
        String text = asked.sequenceNumber();
        // A sub-sequence number without a sequence number means nothing, to Amazon's daemon too.
        if (text == null || (isAtEnd && text.equals(SHARD_END))) {
            return new Meaning.Everything();
        }
        Long sub = asked.subSequenceNumber();
        if (sub != null && sub < 0) {
            return REFUSED;
        }
        RecordPosition position;
        try {
            position = new RecordPosition(SequenceNumber.parse(text), sub == null ? 0 : sub);
        } catch (IllegalArgumentException noNumber) {
            return REFUSED;
        }
        if (saved.equals(Checkpoint.processed(position))) {
            return new Meaning.Saved();
        }
        boolean isBehind = saved instanceof Checkpoint.Processed last && position.compareTo(last.position()) < 0;
        boolean isBeyond = delivered == null || position.compareTo(delivered) > 0;
        return isBehind || isBeyond ? REFUSED : new Meaning.UpTo(position);
    }

    /** The name by which a child is told of {@code error}. */
    static String nameOf(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof LeaseLostException) {
            return LOST;
        }
        if (cause instanceof CheckpointFailedException) {
            return UNKNOWN;
        }
        return cause instanceof IllegalArgumentException
                ? OUT_OF_BOUNDS
                : cause.getClass().getSimpleName();
    }
}
