package io.millrace.cli.demo;

import io.millrace.cli.terminal.JsonObject;
import java.util.List;
import java.util.Locale;

/**
 * The demo's result.
 *
 * @param put records that the stream acknowledged
 * @param processed how often a record was processed
 * @param distinct how many records were processed
 * @param duplicates how often a record was processed again
 * @param orderViolations records processed after a later one of their key
 * @param lost records put but never processed
 */
record DemoReport(long put, long processed, long distinct, long duplicates, long orderViolations, long lost) {
    /** True when nothing was lost and the order was kept. */
    boolean passed() {
        return lost == 0 && orderViolations == 0;
    }

    JsonObject toJson() {
        return new JsonObject()
                .put("put", put)
                .put("processed", processed)
                .put("distinct", distinct)
                .put("duplicates", duplicates)
                .put("orderViolations", orderViolations)
                .put("lost", lost)
                .put("passed", passed());
    }

    List<String> toLines() {
        return List.of(
                line("records put", put, ""),
                line("processed", processed, ""),
                line("distinct", distinct, ""),
                line("duplicates", duplicates, "  (at least once: a crash may repeat records)"),
                line("order violations", orderViolations, ""),
                line("lost", lost, ""),
                passed() ? "passed" : "FAILED");
    }

    private static String line(String what, long count, String remark) {
        return String.format(Locale.ROOT, "%-17s %,10d%s", what, count, remark);
    }
}
