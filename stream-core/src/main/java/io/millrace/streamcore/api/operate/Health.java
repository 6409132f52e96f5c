package io.millrace.streamcore.api.operate;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * How the server is.
 *
 * @param status in a word
 * @param reasons why it is not well, for the operator; empty when it is. A server that serves all can have some, too: it is
 *     for the operator to see that it does not come to more
 */
public record Health(Status status, List<String> reasons) {
    /** Well. */
    public static final Health OK = new Health(Status.OK, List.of());

    /** Checks the parts and copies the list. */
    public Health {
        requireNonNull(status, "status");
        reasons = List.copyOf(reasons);
    }

    /**
     * Something that is not well.
     *
     * @param reason for the operator, in a sentence
     * @param isFailure whether the server does not do what it is for
     */
    public record Flaw(String reason, boolean isFailure) {
        /** Checks the parts. */
        public Flaw {
            requireNonNull(reason, "reason");
        }
    }

    /** In a word. */
    public enum Status {
        /** Serves. */
        OK,
        /** Opens what it keeps; serves soon. */
        STARTING,
        /** Answers what is in hand and ends. */
        DRAINING,
        /** Some of what it keeps cannot be written or read; what that is not about is served. */
        FAILED
    }
}
