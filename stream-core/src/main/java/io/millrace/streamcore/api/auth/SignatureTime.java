package io.millrace.streamcore.api.auth;

import io.millrace.streamcore.api.call.ApiException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** The times in signatures: ISO 8601 in its basic form, to the second, in UTC. Stateless. */
final class SignatureTime {
    private static final int LENGTH = "20260131T235959Z".length();

    private SignatureTime() {}

    /**
     * Reads such a time.
     *
     * @throws ApiException in the service's words if it is none
     */
    static Instant parse(String text) {
        try {
            if (text.length() == LENGTH && text.charAt(8) == 'T' && text.charAt(15) == 'Z') {
                return LocalDateTime.of(
                                number(text, 0, 4),
                                number(text, 4, 6),
                                number(text, 6, 8),
                                number(text, 9, 11),
                                number(text, 11, 13),
                                number(text, 13, 15))
                        .toInstant(ZoneOffset.UTC);
            }
        } catch (DateTimeException | NumberFormatException notOne) {
            // Told below.
        }
        throw SignatureClaims.incomplete("Date must be in ISO-8601 'basic format'. Got '" + text
                + "'. See http://en.wikipedia.org/wiki/ISO_8601");
    }

    /** Reads such a time, or one as HTTP writes it (RFC 9110), which the plain Date header may carry. */
    static Instant parseHeader(String text) {
        if (text.indexOf(',') > 0) {
            try {
                return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
            } catch (DateTimeException notOne) {
                // Told by the other form's error.
            }
        }
        return parse(text);
    }

    /** Writes such a time. By hand: it stands in every request that is verified. */
    static String format(Instant time) {
        LocalDateTime at = LocalDateTime.ofEpochSecond(time.getEpochSecond(), 0, ZoneOffset.UTC);
        StringBuilder text = new StringBuilder(LENGTH);
        text.append(at.getYear());
        while (text.length() < 4) {
            text.insert(0, '0');
        }
        twoDigits(text, at.getMonthValue());
        twoDigits(text, at.getDayOfMonth());
        twoDigits(text.append('T'), at.getHour());
        twoDigits(text, at.getMinute());
        twoDigits(text, at.getSecond());
        return text.append('Z').toString();
    }

    private static void twoDigits(StringBuilder text, int number) {
        text.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
    }

    private static int number(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            char digit = text.charAt(i);
            if (digit < '0' || digit > '9') {
                throw new NumberFormatException("not a digit: " + digit);
            }
            number = number * 10 + (digit - '0');
        }
        return number;
    }
}
