package io.millrace.benchmarks.delivery;

import java.util.List;

/** The readers that are compared. */
enum Reader {
    MILLRACE("Millrace, polling", "io.millrace.benchmarks.delivery.MillraceReader", MillraceReader.POLLING),
    MILLRACE_FAN_OUT("Millrace, fan-out", "io.millrace.benchmarks.delivery.MillraceReader", MillraceReader.FAN_OUT),
    KCL("KCL 3.5.1, polling, as shipped", "io.millrace.benchmarks.kcl.KclReader", "polling"),
    KCL_TUNED("KCL 3.5.1, polling every 250 ms", "io.millrace.benchmarks.kcl.KclReader", "tuned"),
    KCL_FAN_OUT("KCL 3.5.1, fan-out", "io.millrace.benchmarks.kcl.KclReader", "fan-out");

    private final String title;
    private final String program;
    private final String mode;

    Reader(String title, String program, String mode) {
        this.title = title;
        this.program = program;
        this.mode = mode;
    }

    /** Its name in the tables. */
    String title() {
        return title;
    }

    /** Its main class and arguments. */
    List<String> command(String application, String stream) {
        return List.of(program, application, stream, mode);
    }

    boolean isKcl() {
        return this != MILLRACE && this != MILLRACE_FAN_OUT;
    }
}
