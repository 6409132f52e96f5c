package io.millrace.cli.demo;

import io.millrace.cli.demo.Script.Step;
import io.millrace.cli.terminal.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The demo's result.
 *
 * @param put records that the stream acknowledged
 * @param processed how often a record was processed
 * @param distinct how many records were processed
 * @param duplicates how often a record was processed again
 * @param orderViolations records processed after a later one of their key
 * @param lost records put but never processed
 * @param steps what happened on the way, and the records that it met
 */
record DemoReport(
        long put, long processed, long distinct, long duplicates, long orderViolations, long lost, List<Met> steps) {
    DemoReport {
        steps = List.copyOf(steps);
    }

    /**
     * A step of the script.
     *
     * @param records how many records were put, while it lasted, into the shards that it moved; of the join, into all
     */
    record Met(Step step, long records) {}

    /** True when nothing was lost, the order was kept, and each step met records. */
    boolean passed() {
        return isGood() && idle().isEmpty();
    }

    private boolean isGood() {
        return lost == 0 && orderViolations == 0;
    }

    private List<Met> idle() {
        return steps.stream().filter(step -> step.records == 0).toList();
    }

    JsonObject toJson() {
        return new JsonObject()
                .put("put", put)
                .put("processed", processed)
                .put("distinct", distinct)
                .put("duplicates", duplicates)
                .put("orderViolations", orderViolations)
                .put("lost", lost)
                .put(
                        "steps",
                        steps.stream()
                                .map(met -> new JsonObject()
                                        .put("step", met.step.title())
                                        .put("records", met.records))
                                .toList())
                .put("passed", passed());
    }

    List<String> toLines() {
        List<String> lines = new ArrayList<>();
        for (Met met : steps) {
            lines.add(line("met the " + met.step.title(), met.records, ""));
        }
        lines.add(line("records put", put, ""));
        lines.add(line("processed", processed, ""));
        lines.add(line("distinct", distinct, ""));
        lines.add(line("duplicates", duplicates, "  (at least once: a crash may repeat records)"));
        lines.add(line("order violations", orderViolations, ""));
        lines.add(line("lost", lost, ""));
        lines.add(verdict());
        return lines;
    }

    /** What was proved, in one sentence. */
    private String verdict() {
        if (!isGood()) {
            return String.format(
                    Locale.ROOT,
                    "FAILED: of %,d records %,d were lost and %,d processed out of order",
                    put,
                    lost,
                    orderViolations);
        }
        if (!passed()) {
            return "NOT PROVED: nothing was lost, but no record was put while "
                    + idle().stream().map(met -> met.step.sentence()).collect(Collectors.joining(" and "))
                    + "; give more lines";
        }
        return String.format(
                Locale.ROOT,
                "passed: each of %,d records was processed, in the order of its key, while %s",
                put,
                steps.stream().map(met -> met.step.sentence()).collect(Collectors.joining(", ")));
    }

    private static String line(String what, long count, String remark) {
        return String.format(Locale.ROOT, "%-17s %,10d%s", what, count, remark);
    }
}
