package io.millrace.lease.coordinator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs very many seeds of the lease simulation without the reports of a test: {@code SeedRun FIRST LAST FILE}. The file
 * keeps the next seed and the failing ones; started again with the same file it goes on.
 */
final class SeedRun {
    private static final int KEEP_EVERY = 100;

    private SeedRun() {}

    /** Runs the seeds from the first to below the last. */
    public static void main(String[] args) throws IOException {
        Path file = Path.of(args[2]);
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of(args[0]);
        long next = Long.parseLong(lines.get(0));
        List<String> failed = new ArrayList<>(lines.subList(1, lines.size()));
        long last = Long.parseLong(args[1]);
        while (next < last) {
            for (long end = Math.min(last, next + KEEP_EVERY); next < end; next++) {
                run(next, failed);
            }
            List<String> kept = new ArrayList<>(List.of(Long.toString(next)));
            kept.addAll(failed);
            Files.write(file, kept);
        }
    }

    private static void run(long seed, List<String> failed) {
        try {
            LeaseSimulationTest.run(seed, Trouble.RESETS, Mutation.NONE);
        } catch (AssertionError failure) {
            failed.add(String.valueOf(failure.getMessage()).lines().findFirst().orElse(""));
        }
    }
}
