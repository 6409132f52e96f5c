package io.millrace.benchmarks.coordination;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What was seen, row by row. Belongs to one thread. */
final class Figures {
    private final Map<Key, List<Double>> samples = new TreeMap<>();
    private final PrintWriter out;

    private boolean isCounting = true;

    Figures(PrintWriter out) {
        this.out = out;
    }

    /** A row, and its failover time in seconds where that matters, else 0. */
    private record Key(Row row, long failover) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byRow = row.compareTo(other.row);
            return byRow != 0 ? byRow : Long.compare(failover, other.failover);
        }

        long limit() {
            return switch (row) {
                case KILL -> (failover + 1) * 1_000;
                case KILL_LEADER -> (failover + 2) * 1_000;
                default -> row.limit();
            };
        }

        String title() {
            return failover == 0 ? row.title() : row.title() + ", F = " + failover + " s";
        }
    }

    void add(Row row, double value) {
        add(row, 0, value);
    }

    void add(Row row, long failover, double value) {
        Key key = new Key(row, failover);
        if (isCounting) {
            samples.computeIfAbsent(key, missing -> new ArrayList<>()).add(value);
        }
        out.println("#   " + key.title() + ": " + text(row, value) + (isCounting ? "" : " (does not count)"));
    }

    /** From now on figures are told, but stay out of the table: the servers' own JVMs have just started. */
    void warmUp() {
        isCounting = false;
    }

    /** From now on figures count. */
    void measure() {
        isCounting = true;
    }

    void addNanos(Row row, long failover, long nanos) {
        add(row, failover, nanos / 1e6);
    }

    /** A line that is not part of the table. */
    void note(String line) {
        out.println("# " + line);
    }

    /** Prints the table. */
    void print() {
        if (samples.isEmpty()) {
            return;
        }
        out.println();
        out.println("| what | must be | median | worst | of | KCL 3.5.1 |");
        out.println("|---|---|---|---|---|---|");
        samples.forEach((key, values) -> {
            List<Double> sorted = new ArrayList<>(values);
            Collections.sort(sorted);
            double worst = sorted.get(sorted.size() - 1);
            out.println(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %s%s | %d | %s |",
                    key.title(),
                    mustBe(key),
                    text(key.row, sorted.get(sorted.size() / 2)),
                    text(key.row, worst),
                    isMissed(key, worst) ? " (missed)" : "",
                    sorted.size(),
                    key.row.kcl()));
        });
    }

    private static boolean isMissed(Key key, double worst) {
        if (key.row.isWithoutLimit()) {
            return false;
        }
        return key.row.isCount() ? worst > key.limit() : worst >= key.limit();
    }

    private static String mustBe(Key key) {
        if (key.row.isWithoutLimit()) {
            return "";
        }
        return key.row.isCount() ? String.valueOf(key.limit()) : "< " + text(key.row, (double) key.limit());
    }

    private static String text(Row row, double value) {
        if (row.isCount()) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return value < 1_000
                ? String.format(Locale.ROOT, "%.0f ms", value)
                : String.format(Locale.ROOT, "%.2f s", value / 1_000);
    }
}
