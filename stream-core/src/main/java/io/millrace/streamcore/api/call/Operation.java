package io.millrace.streamcore.api.call;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** One operation of the API. Safe for any thread; never blocks. */
@FunctionalInterface
public interface Operation {
    /**
     * Runs it.
     *
     * @param input what the request gave, already checked against the operation's constraints
     * @return the reply; fails, or throws at once, with an {@link ApiException} or a
     *     {@link io.millrace.streamcore.stream.StreamException} where a rule refuses
     */
    CompletionStage<? extends Reply> run(Values input);

    /** What an operation replies with. */
    sealed interface Reply permits Content, Push {}

    /** Writes the members of an answer, if it has any. */
    @FunctionalInterface
    non-sealed interface Content extends Reply {
        /** An empty body. */
        Content NOTHING = out -> {};

        /**
         * Writes them all; called once, on a thread of the transport.
         *
         * @throws IOException if the destination refuses
         */
        void write(AnswerWriter out) throws IOException;
    }

    /**
     * A reply without an end known: encoded frames of an event stream, each sent as soon as it is there. A frame is
     * immutable and may go to many connections at once; whoever sends it makes a view of its own.
     *
     * @param frames gives frames on demand, one subscriber only; its end ends the answer
     */
    record Push(Flow.Publisher<ByteBuffer> frames) implements Reply {
        /** Checks the part. */
        public Push {
            requireNonNull(frames, "frames");
        }
    }
}
