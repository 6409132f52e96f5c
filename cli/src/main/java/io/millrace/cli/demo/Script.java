package io.millrace.cli.demo;

/**
 * When the steps of the demo come, by the records that are put and not by the clock: a step begins when its share of them
 * is put, and while it lasts the producer waits before the share at which the next one begins. So each step meets records,
 * however slow the machine is. Written by the script's thread, read by the producer.
 */
final class Script {
    private final int lines;
    private volatile long allowed;

    /** For so many lines. The producer may put what comes before the second step. */
    Script(int lines) {
        this.lines = lines;
        this.allowed = end(Step.JOIN);
    }

    /** What happens on the way, in this order. */
    enum Step {
        JOIN("join", "a worker joined", 0.10, 0.30),
        SPLIT("split", "a shard was split", 0.30, 0.45),
        MERGE("merge", "two shards were merged", 0.45, 0.60),
        KILL("kill", "a worker was killed", 0.60, 0.85);

        private final String title;
        private final String sentence;
        private final double from;
        private final double to;

        Step(String title, String sentence, double from, double to) {
            this.title = title;
            this.sentence = sentence;
            this.from = from;
            this.to = to;
        }

        /** Its name in reports. */
        String title() {
            return title;
        }

        /** What it does, after "while". */
        String sentence() {
            return sentence;
        }
    }

    /** How many lines must be put before the step begins. */
    long begin(Step step) {
        return count(step.from);
    }

    /** How many lines at most are put before the step has ended. */
    long end(Step step) {
        return count(step.to);
    }

    /** How many lines the producer may put so far. */
    long allowed() {
        return allowed;
    }

    /** The step begins: the producer may go on to its end. */
    void begins(Step step) {
        allowed = end(step);
    }

    /** All steps have ended. */
    void isOver() {
        allowed = lines;
    }

    private long count(double share) {
        return (long) Math.ceil(share * lines);
    }
}
