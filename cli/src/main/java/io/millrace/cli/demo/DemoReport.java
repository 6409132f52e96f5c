package io.millrace.cli.demo;

import io.millrace.cli.demo.Script.Step;
import io.millrace.cli.demo.WorkerMessage.Read;
import io.millrace.cli.terminal.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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
 * @param readOrNull how the records came to the workers, as they told it; absent where all were polled
 */
record DemoReport(
        long put,
        long processed,
        long distinct,
        long duplicates,
        long orderViolations,
        long lost,
        List<Met> steps,
        @Nullable Read readOrNull) {
    DemoReport {
        steps = List.copyOf(steps);
    }

    /**
     * A step of the script.
     *
     * @param records how many records were put, while it lasted, into the shards that it moved; of the join, into all
     */
    record Met(Step step, long records) {}

    /** True when nothing was lost, the order was kept, each step met records, and pipes that were asked for brought some. */
    boolean passed() {
        return isGood() && idle().isEmpty() && !isPipeless();
    }

    private boolean isGood() {
        return lost == 0 && orderViolations == 0;
    }

    private boolean isPipeless() {
        return readOrNull != null && readOrNull.piped() == 0;
    }

    private List<Met> idle() {
        return steps.stream().filter(step -> step.records == 0).toList();
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject()
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
                                .toList());
        if (readOrNull != null) {
            json.put("byPipe", readOrNull.piped()).put("byPolling", readOrNull.polled());
        }
        return json.put("passed", passed());
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
        if (readOrNull != null) {
            lines.add(line("came by pipe", readOrNull.piped(), ""));
            lines.add(line("came by polling", readOrNull.polled(), "  (while a pipe was not open)"));
        }
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
        if (isPipeless()) {
            return "NOT PROVED: nothing was lost, but no record came by a pipe";
        }
        if (!passed()) {
            return "NOT PROVED: nothing was lost, but no record was put while "
                    + idle().stream().map(met -> met.step.sentence()).collect(Collectors.joining(" and "))
                    + "; give more lines";
        }
        return String.format(
                Locale.ROOT,
                "passed: each of %,d records was processed%s, in the order of its key, while %s",
                put,
                readOrNull == null ? "" : ", by enhanced fan-out",
                steps.stream().map(met -> met.step.sentence()).collect(Collectors.joining(", ")));
    }

    private static String line(String what, long count, String remark) {
        return String.format(Locale.ROOT, "%-17s %,10d%s", what, count, remark);
    }
}
