package io.millrace.streamcore.api.shape;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The two forms of a body. Safe for any thread. */
public enum Encoding {
    /** JSON text in UTF-8. */
    JSON,
    /** CBOR (RFC 8949) with the service's time stamps in milliseconds. */
    CBOR;

    JsonParser parser(ByteBuffer body) throws IOException {
        return factory().createParser(body.array(), body.arrayOffset() + body.position(), body.remaining());
    }

    /**
     * True if the texts of {@code body} are UTF-8, which the parsers do not look at closely enough. They would take JSON in other
     * encodings, too, in which zeros stand around the first character.
     */
    boolean hasWellFormedTexts(ByteBuffer body) {
        if (this == CBOR) {
            return CborTexts.areWellFormed(body);
        }
        int from = body.arrayOffset() + body.position();
        int to = from + body.remaining();
        byte[] bytes = body.array();
        boolean isWide = body.remaining() > 1 && (bytes[from] == 0 || bytes[from + 1] == 0);
        return !isWide && Utf8.isWellFormed(bytes, from, to);
    }

    private JsonFactory factory() {
        return this == JSON ? Factories.JSON : Factories.CBOR;
    }

    private static final class Factories {
        static final JsonFactory JSON =
                new JsonFactoryBuilder().streamReadConstraints(limits()).build();
        static final JsonFactory CBOR =
                CBORFactory.builder().streamReadConstraints(limits()).build();

        /** No request of the service nests deeper than a few levels; its longest string is 10 MiB in base64. */
        private static StreamReadConstraints limits() {
            return StreamReadConstraints.builder()
                    .maxNestingDepth(64)
                    .maxStringLength(16 << 20)
                    .build();
        }
    }
}
