package io.millrace.streamcore.api.call;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.Flow;

/**
 * What to answer.
 *
 * @param status the HTTP status
 * @param headers all headers but those of the transport, such as the length
 * @param body what follows them
 */
public record ApiAnswer(int status, Map<String, String> headers, Body body) {
    /** Checks the parts and copies the map, unless it is immutable. */
    public ApiAnswer {
        headers = Map.copyOf(headers);
        requireNonNull(body, "body");
    }

    /** An answer with a body that is written at once. */
    public static ApiAnswer whole(int status, Map<String, String> headers, Whole body) {
        return new ApiAnswer(status, headers, body);
    }

    /** A body. */
    public sealed interface Body permits Whole, Pushed {}

    /** Writes a body whose length is known once it is written; called once, on a thread of the transport. */
    @FunctionalInterface
    public non-sealed interface Whole extends Body {
        /** No body. */
        Whole EMPTY = out -> {};

        /**
         * Writes all of it.
         *
         * @throws IOException if the destination refuses
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * A body that goes on until its publisher ends it.
     *
     * @param frames gives pieces on demand, for one subscriber; a piece is immutable and may be shared
     */
    public record Pushed(Flow.Publisher<ByteBuffer> frames) implements Body {
        /** Checks the part. */
        public Pushed {
            requireNonNull(frames, "frames");
        }
    }
}
