package io.millrace.benchmarks.coordination;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts {@code millrace consume} again and again and waits for the first record that it prints: first without a table,
 * then with the table, the leases and the checkpoints that the run before left. Belongs to one thread.
 */
final class StartScenario {
    private static final String STREAM = "start";
    private static final int SHARDS = 4;
    private static final Duration PACE = Duration.ofMillis(10);

    /** The first line of the JVM's own log: wall clock, and how long the JVM was up then. */
    private static final Pattern UP = Pattern.compile("\\[([^]]+)]\\[(\\d+)ns].*");

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSZ", Locale.ROOT);

    private final Bench bench;
    private int made;

    StartScenario(Bench bench) {
        this.bench = bench;
    }

    void run(int repeats) throws IOException, InterruptedException {
        bench.stack().createStream(STREAM, SHARDS);
        try (SteadyLoad load = SteadyLoad.start(bench.platform(), bench.stack().kinesis(), STREAM, SHARDS, PACE)) {
            bench.figures().warmUp();
            for (int i = 0; i <= repeats; i++) {
                bench.stack().deleteTable();
                start("start-" + i, Row.START_EMPTY);
                start("start-" + i, Row.START_EXISTING);
                bench.figures().measure();
            }
            if (load.failed() > 0) {
                bench.figures().note(load.failed() + " records were refused by the server");
            }
        }
    }

    private void start(String application, Row row) throws IOException, InterruptedException {
        Path jvmLog = bench.stack().log("jvm-" + ++made);
        Map<String, String> environment = new HashMap<>(bench.stack().environment());
        environment.put(
                "MILLRACE_JAVA_OPTS",
                Bench.userFlags() + " -Xlog:os=info,gc+init=info:file=" + jvmLog + ":utctime,uptimenanos");
        List<String> command = List.of(bench.launcher().toString(), "consume", STREAM, "--app", application, "--json");
        CompletableFuture<Long> first = new CompletableFuture<>();
        WorkerUnderTest.Start start = new WorkerUnderTest.Start(
                application, command, environment, bench.stack().log(application));
        try (WorkerUnderTest worker =
                WorkerUnderTest.start(start, bench.platform(), bench.threads(), line -> first.complete(bench.now()))) {
            long seen = first.orTimeout(60, TimeUnit.SECONDS).join();
            worker.cpuMillis().ifPresent(cpu -> bench.figures().add(Row.START_CPU, (double) cpu));
            bench.figures().addNanos(row, 0, seen - jvmStart(jvmLog));
            bench.figures().addNanos(Row.START_COMMAND, 0, seen - worker.startedAt());
            worker.terminate();
            worker.awaitEnd();
        }
    }

    private static long jvmStart(Path log) throws IOException {
        String line = Files.readAllLines(log).get(0);
        Matcher up = UP.matcher(line);
        if (!up.matches()) {
            throw new IOException("not a line of the JVM's log: " + line);
        }
        return Line.nanos(OffsetDateTime.parse(up.group(1), TIME).toInstant()) - Long.parseLong(up.group(2));
    }
}
