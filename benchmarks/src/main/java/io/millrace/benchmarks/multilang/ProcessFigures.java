package io.millrace.benchmarks.multilang;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Figures of processes as Linux counts them. Safe for any thread. */
public final class ProcessFigures {
    private ProcessFigures() {}

    /** The CPU time that the threads of a process have used, in ns. */
    public static long cpuNanos(long pid) throws IOException {
        long nanos = 0;
        List<Path> threads;
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            threads = all.toList();
        }
        for (Path thread : threads) {
            try {
                nanos += Long.parseLong(
                        Files.readString(thread.resolve("schedstat")).split(" ", -1)[0]);
            } catch (NoSuchFileException ended) {
                // Between the list and here.
            }
        }
        return nanos;
    }

    /** The memory of a process in kB, what it shares with others divided among them. */
    public static long memory(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps_rollup")).stream()
                .filter(line -> line.startsWith("Pss:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
