package io.millrace.streamcore.api;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What to answer. The length is known once the body is written.
 *
 * @param status the HTTP status
 * @param headers all headers but those of the transport, such as the length
 * @param body writes the body
 */
public record ApiAnswer(int status, Map<String, String> headers, Body body) {
    /** Checks the parts and copies the map. */
    public ApiAnswer {
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
        requireNonNull(body, "body");
    }

    /** Writes a body; called once, on a thread of the transport. */
    @FunctionalInterface
    public interface Body {
        /** No body. */
        Body EMPTY = out -> {};

        /**
         * Writes all of it.
         *
         * @throws IOException if the destination refuses
         */
        void writeTo(OutputStream out) throws IOException;
    }
}
