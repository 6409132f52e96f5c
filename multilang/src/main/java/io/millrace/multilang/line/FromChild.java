package io.millrace.multilang.line;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** A line of a child to the daemon. */
public sealed interface FromChild {
    /**
     * The child is done with an action.
     *
     * @param responseFor the action; absent if the child left it out
     * @param result what came of it
     */
    record Status(@Nullable String responseFor, Result result) implements FromChild {
        /** Checks the part. */
        public Status {
            requireNonNull(result, "result");
        }

        /** The status of Amazon's protocol, which says no more. */
        public Status(@Nullable String responseFor) {
            this(responseFor, new Result.Answered());
        }
    }

    /** The result of an action. All but the first are ours: children of Amazon's libraries do not know them. */
    sealed interface Result {
        /** It is over; the child checkpoints by itself. */
        record Answered() implements Result {}

        /** All that the child was given is processed, and may be checkpointed. */
        record Processed() implements Result {}

        /**
         * A function returned.
         *
         * @param answer its answer, as JSON
         */
        record Returned(String answer) implements Result {
            /** Checks the part. */
            public Returned {
                requireNonNull(answer, "answer");
            }

            /** Tells nothing of the answer. */
            @Override
            public String toString() {
                return "Returned[" + answer.length() + " characters]";
            }
        }

        /**
         * It failed, and the child goes on.
         *
         * @param error the error's type
         * @param trace the frames that it came from, in one line; empty if the child told none
         */
        record Failed(String error, String trace) implements Result {
            /** Checks the parts. */
            public Failed {
                requireNonNull(error, "error");
                requireNonNull(trace, "trace");
            }
        }
    }

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
