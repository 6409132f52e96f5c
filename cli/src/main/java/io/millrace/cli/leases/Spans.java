package io.millrace.cli.leases;

import java.time.Duration;

/** Durations in at most three characters and a unit, such as {@code 45s}, {@code 12m}, {@code 36h} or {@code 9d}. */
final class Spans {
    private Spans() {}

    static String text(Duration span) {
        if (span.compareTo(Duration.ofMinutes(2)) < 0) {
            return span.toSeconds() + "s";
        }
        if (span.compareTo(Duration.ofHours(2)) < 0) {
            return span.toMinutes() + "m";
        }
        return span.compareTo(Duration.ofDays(2)) < 0 ? span.toHours() + "h" : span.toDays() + "d";
    }
}
