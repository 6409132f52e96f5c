package io.millrace.benchmarks;

/** The processes that a benchmark has started end with it, when a signal ends it too. */
public final class StartedProcesses {
    private StartedProcesses() {}

    /** From now on they do. */
    public static void endWithThis() {
        Thread end = new Thread(
                () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroy), "end-processes");
        Runtime.getRuntime().addShutdownHook(end);
    }
}
