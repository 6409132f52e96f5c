package io.millrace.streamcore.api;

import io.millrace.streamcore.api.call.ApiRequest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Makes the headers that every answer carries. Safe for any thread if its random generator is. */
final class AnswerHeaders {
    /** The header with the id of a request. */
    static final String REQUEST_ID = "x-amzn-requestid";

    /** The server's clock in milliseconds since 1970, where "date" is too coarse for a client. Not the service's. */
    private static final String TIME = "x-millrace-time";

    private static final String DATE = "date";

    private static final String SECOND_ID = "x-amz-id-2";
    private static final String CONTENT_TYPE = "content-type";
    private static final String EXPOSED =
            "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date";
    /** The service's second id is 64 to 80 bytes; nine words are 72. */
    private static final int WORDS_OF_SECOND_ID = 9;

    private final RandomGenerator random;
    private final InstantSource clock;
    /** The text of the last second that was asked for. */
    private volatile Second second = new Second(Long.MIN_VALUE, "");

    AnswerHeaders(RandomGenerator random, InstantSource clock) {
        this.random = random;
        this.clock = clock;
    }

    private record Second(long number, String text) {}

    /** What most answers have and no more: as few steps as can be, since every put comes through here. */
    Map<String, String> of(ApiRequest request, String contentType) {
        if (request.headers().getOrNull("Origin") == null) {
            return Map.of(REQUEST_ID, requestId(), SECOND_ID, secondId(), CONTENT_TYPE, contentType, DATE, date());
        }
        Map<String, String> headers = of(request);
        headers.put(CONTENT_TYPE, contentType);
        return headers;
    }

    /** The ids of one answer, and what a browser needs if the request came from one. */
    Map<String, String> of(ApiRequest request) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(REQUEST_ID, requestId());
        headers.put(SECOND_ID, secondId());
        headers.put(DATE, date());
        if (request.header("Origin").isPresent()) {
            headers.put("access-control-allow-origin", "*");
            headers.put("access-control-expose-headers", EXPOSED);
        }
        return headers;
    }

    /** {@code headers} and the server's time to the millisecond: clients pin by it where LATEST begins. */
    Map<String, String> withTime(Map<String, String> headers) {
        Map<String, String> timed = new LinkedHashMap<>(headers);
        timed.put(TIME, Long.toString(clock.millis()));
        return timed;
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

    /** The server's time to the second, as the service tells it: SDKs set their clock by it. */
    private String date() {
        Instant now = clock.instant();
        Second last = second;
        if (last.number != now.getEpochSecond()) {
            last = new Second(
                    now.getEpochSecond(), DateTimeFormatter.RFC_1123_DATE_TIME.format(now.atOffset(ZoneOffset.UTC)));
            second = last;
        }
        return last.text;
    }

    private String secondId() {
        ByteBuffer second = ByteBuffer.allocate(WORDS_OF_SECOND_ID * Long.BYTES);
        while (second.hasRemaining()) {
            second.putLong(random.nextLong());
        }
        return Base64.getEncoder().encodeToString(second.array());
    }

    private String requestId() {
        long high = (random.nextLong() & ~0xf000L) | 0x4000L;
        long low = (random.nextLong() & ~(3L << 62)) | (2L << 62);
        return new UUID(high, low).toString();
    }
}
