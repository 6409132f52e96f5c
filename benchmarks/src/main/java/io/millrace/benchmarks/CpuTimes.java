package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How much CPU time each thread of a process has used so far, in the nanoseconds that Linux' scheduler counts; the ticks of
 * {@code /proc/PID/stat} are too coarse for a light load. What a thread that has ended used since the last look is lost.
 *
 * @param threads by the thread's number
 */
record CpuTimes(Map<String, Used> threads) {
    private static final int MOST_SHOWN = 8;
    /** Of HotSpot's C1 and C2. */
    private static final String COMPILER = " CompilerThre";

    CpuTimes {
        threads = Map.copyOf(threads);
    }

    /** Of the process as of now. */
    static CpuTimes of(long pid) throws IOException {
        Map<String, Used> threads = new HashMap<>();
        List<Path> tasks;
        try (Stream<Path> all = Files.list(Path.of("/proc", String.valueOf(pid), "task"))) {
            tasks = all.toList();
        }
        for (Path task : tasks) {
            try {
                String[] counted = Files.readString(task.resolve("schedstat")).split(" ", -1);
                String name = Files.readString(task.resolve("comm")).strip();
                threads.put(String.valueOf(task.getFileName()), new Used(name, Long.parseLong(counted[0])));
            } catch (NoSuchFileException ended) {
                // Between the list and here.
            }
        }
        return new CpuTimes(threads);
    }

    /** What was used from an earlier look to this one. */
    Duration since(CpuTimes before) {
        return Duration.ofNanos(
                byName(before).values().stream().mapToLong(Long::longValue).sum());
    }

    /** What of it the JVM's compilers used: little once a server has run for some minutes. */
    Duration ofCompilersSince(CpuTimes before) {
        return Duration.ofNanos(byName(before).entrySet().stream()
                .filter(entry -> entry.getKey().endsWith(COMPILER))
                .mapToLong(Map.Entry::getValue)
                .sum());
    }

    /** The same by kind of thread for each of {@code operations}, the most first. */
    String perOperation(CpuTimes before, long operations) {
        return perOperation(byName(before), operations);
    }

    /** Nanoseconds by kind of thread, told for each of {@code operations}, the most first. */
    static String perOperation(Map<String, Long> nanos, long operations) {
        return nanos.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(MOST_SHOWN)
                .map(entry ->
                        String.format(Locale.ROOT, "%s %.1f", entry.getKey(), entry.getValue() / 1e3 / operations))
                .collect(Collectors.joining(", "));
    }

    /** Nanoseconds by kind of thread from an earlier look to this one. */
    Map<String, Long> byName(CpuTimes before) {
        Map<String, Long> used = new TreeMap<>();
        threads.forEach((number, now) -> {
            Used then = before.threads.get(number);
            used.merge(now.kind(), now.nanos - (then == null ? 0 : then.nanos), Long::sum);
        });
        return used;
    }

    /**
     * One thread's.
     *
     * @param name what the thread is called
     * @param nanos CPU time, of user and system
     */
    record Used(String name, long nanos) {
        /** Its name without the numbers that tell it from its like. */
        String kind() {
            return name.replaceAll("[-# ]*[0-9][-#0-9 ]*$", "");
        }
    }
}
