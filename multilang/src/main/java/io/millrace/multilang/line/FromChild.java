package io.millrace.multilang.line;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** A line of a child to the daemon. */
public sealed interface FromChild {
    /**
     * The child is done with an action.
     *
     * @param responseFor the action; absent if the child left it out
     */
    record Status(@Nullable String responseFor) implements FromChild {}

    /**
     * The child wants to checkpoint.
     *
     * @param sequenceNumber up to which record; absent for all that it was given
     * @param subSequenceNumber the record's place within its aggregate; absent for the first
     */
    record Checkpoint(
            @Nullable String sequenceNumber, @Nullable Long subSequenceNumber) implements FromChild {}

    /**
     * A line that is no message, such as a print of the child's own.
     *
     * @param why why it is none, without anything of the line
     */
    record Noise(String why) implements FromChild {
        /** Checks the part. */
        public Noise {
            requireNonNull(why, "why");
        }
    }
}
