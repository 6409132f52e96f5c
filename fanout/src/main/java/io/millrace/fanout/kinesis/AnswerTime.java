package io.millrace.fanout.kinesis;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * Reads the service's time from an answer. Records are stamped by the service's clock, so only that clock tells which
 * records came before a moment.
 */
final class AnswerTime {
    /** Millrace's own server tells milliseconds since 1970 here. */
    private static final String EXACT = "x-millrace-time";

    private static final String DATE = "Date";

    /** The host that answers is not the one that stamps records; the service's clocks differ by much less than this. */
    private static final Duration MARGIN = Duration.ofSeconds(1);

    private AnswerTime() {}

    /**
     * A moment that is not after any record that the service takes from now on.
     *
     * @return empty when the answer tells no time
     */
    static Optional<Instant> of(SdkResponse answer) {
        return answer.sdkHttpResponse() == null ? Optional.empty() : of(answer.sdkHttpResponse());
    }

    /** The same of an answer's status and headers. */
    static Optional<Instant> of(SdkHttpResponse head) {
        try {
            Optional<String> exact = head.firstMatchingHeader(EXACT);
            if (exact.isPresent()) {
                return Optional.of(Instant.ofEpochMilli(Long.parseLong(exact.get())));
            }
            return head.firstMatchingHeader(DATE)
                    .map(date -> ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant()
                            .minus(MARGIN));
        } catch (DateTimeException | NumberFormatException unreadable) {
            return Optional.empty();
        }
    }
}
