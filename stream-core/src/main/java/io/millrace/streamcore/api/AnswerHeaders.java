package io.millrace.streamcore.api;

import io.millrace.streamcore.api.call.ApiRequest;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Makes the headers that every answer carries. Safe for any thread if its random generator is. */
final class AnswerHeaders {
    /** The header with the id of a request. */
    static final String REQUEST_ID = "x-amzn-requestid";

    private static final String EXPOSED =
            "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date";
    /** The service's second id is 64 to 80 bytes; nine words are 72. */
    private static final int WORDS_OF_SECOND_ID = 9;

    private final RandomGenerator random;

    AnswerHeaders(RandomGenerator random) {
        this.random = random;
    }

    /** The ids of one answer, and what a browser needs if the request came from one. */
    Map<String, String> of(ApiRequest request) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(REQUEST_ID, requestId());
        ByteBuffer second = ByteBuffer.allocate(WORDS_OF_SECOND_ID * Long.BYTES);
        while (second.hasRemaining()) {
            second.putLong(random.nextLong());
        }
        headers.put("x-amz-id-2", Base64.getEncoder().encodeToString(second.array()));
        if (request.header("Origin").isPresent()) {
            headers.put("access-control-allow-origin", "*");
            headers.put("access-control-expose-headers", EXPOSED);
        }
        return headers;
    }

    /** The headers of an answer to a browser that asks whether it may ask. */
    Map<String, String> ofPreflight(ApiRequest request) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(REQUEST_ID, requestId());
        headers.put("access-control-allow-origin", "*");
        headers.put("access-control-expose-headers", EXPOSED);
        headers.put("access-control-max-age", "172800");
        request.header("Access-Control-Request-Headers")
                .ifPresent(asked -> headers.put("access-control-allow-headers", asked));
        request.header("Access-Control-Request-Method")
                .ifPresent(asked -> headers.put("access-control-allow-methods", asked));
        return headers;
    }

    private String requestId() {
        long high = (random.nextLong() & ~0xf000L) | 0x4000L;
        long low = (random.nextLong() & ~(3L << 62)) | (2L << 62);
        return new UUID(high, low).toString();
    }
}
