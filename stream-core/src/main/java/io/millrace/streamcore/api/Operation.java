package io.millrace.streamcore.api;

import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import java.io.IOException;
import java.util.concurrent.CompletionStage;

/** One operation of the API. Safe for any thread; never blocks. */
@FunctionalInterface
interface Operation {
    /**
     * Runs it.
     *
     * @param input what the request gave, already checked against the operation's constraints
     * @return the answer; fails, or throws at once, with an {@link ApiException} or a
     *     {@link io.millrace.streamcore.stream.StreamException} where a rule refuses
     */
    CompletionStage<Content> run(Values input);

    /** Writes the members of an answer, if it has any. */
    @FunctionalInterface
    interface Content {
        /** An empty body. */
        Content NOTHING = out -> {};

        void write(AnswerWriter out) throws IOException;
    }
}
