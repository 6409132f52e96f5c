package io.millrace.benchmarks.multilang;

import io.millrace.benchmarks.coordination.WorkerUnderTest;
import io.millrace.benchmarks.multilang.Speech.Way;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** A daemon with the server and the table of the benchmark, and the notes of its children. Belongs to one thread. */
final class DaemonUnderTest implements AutoCloseable {
    /** Shards that a process of our packages may serve: all of them. */
    private static final int ALL_SHARDS = 1_000;

    private final WorkerUnderTest process;
    private final Path notes;

    private DaemonUnderTest(WorkerUnderTest process, Path notes) {
        this.process = process;
        this.notes = notes;
    }

    /** Starts one that need not wait long for its leases: nothing of that is measured. */
    static DaemonUnderTest startSoon(DaemonBench bench, Speech speech, String stream) throws IOException {
        return start(bench, speech, stream, "failoverTimeMillis = 3000\n");
    }

    /** Starts one whose application is called as the stream and the speech, and goes on where that was. */
    static DaemonUnderTest start(DaemonBench bench, Speech speech, String stream) throws IOException {
        return start(bench, speech, stream, "");
    }

    private static DaemonUnderTest start(DaemonBench bench, Speech speech, String stream, String settings)
            throws IOException {
        String application = (stream + "-" + speech.language() + "-" + speech.way()).toLowerCase(Locale.ROOT);
        Path notes = Files.createDirectories(bench.folder().resolve(application));
        Path properties = Files.writeString(
                bench.folder().resolve(application + ".properties"),
                "executableName = " + String.join(" ", speech.words(bench.peers(), "Counting"))
                        + "\napplicationName = " + application + "\nstreamName = " + stream
                        + "\nregionName = us-east-1\nAwsCredentialsProvider = DefaultCredentialsProvider\ninitialPositionInStream = TRIM_HORIZON\n"
                        + "kinesisEndpoint = " + bench.stack().environment().get("AWS_ENDPOINT_URL_KINESIS")
                        + "\ndynamoDBEndpoint = " + bench.stack().environment().get("AWS_ENDPOINT_URL_DYNAMODB") + "\n"
                        + settings
                        + (speech.isAmazons()
                                // Nothing of it is measured, and a run would wait minutes for leases.
                                ? "metricsLevel = NONE\nleaseAssignmentIntervalMillis = 1000\ndisableWorkerMetrics = true\n"
                                : ""));
        Map<String, String> environment = new HashMap<>(bench.stack().environment());
        environment.put("NOTES", notes.toString());
        List<String> command;
        if (speech.isAmazons()) {
            command = bench.peers()
                    .amazonCommand("software.amazon.kinesis.multilang.MultiLangDaemon", List.of(properties.toString()));
        } else {
            command = new ArrayList<>(
                    List.of(bench.peers().top().resolve("millrace").toString(), "daemon", properties.toString()));
            if (speech.way() == Way.FRAMES) {
                command.addAll(List.of("--set", "shardsPerProcess=" + ALL_SHARDS));
            }
            environment.put("MILLRACE_JAVA_OPTS", String.join(" ", bench.peers().javaOptions()));
        }
        WorkerUnderTest process = WorkerUnderTest.start(
                new WorkerUnderTest.Start(
                        application, command, environment, bench.folder().resolve(application + ".log")),
                bench.platform(),
                bench.threads(),
                line -> {});
        return new DaemonUnderTest(process, notes);
    }

    /**
     * The notes of one handler.
     *
     * @param pid its process
     * @param first when its first batch was there, on the wall clock in ns
     */
    record Note(String shard, long pid, long records, long batches, long first) {}

    /** The notes of all handlers that have had a batch, those of processes that are gone among them. */
    List<Note> notes() throws IOException {
        List<Note> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(notes)) {
            for (Path file : files.toList()) {
                String[] fields = Files.readString(file).strip().split(" +", -1);
                String name = String.valueOf(file.getFileName());
                int end = name.lastIndexOf('-');
                if (fields.length == 3) {
                    all.add(new Note(
                            name.substring(0, end),
                            Long.parseLong(name.substring(end + 1)),
                            Long.parseLong(fields[0]),
                            Long.parseLong(fields[1]),
                            Long.parseLong(fields[2])));
                }
            }
        }
        return all;
    }

    /** The records of all notes. */
    long records() throws IOException {
        return notes().stream().mapToLong(Note::records).sum();
    }

    /** The daemon's own CPU time so far, in ns. */
    long cpuNanos() throws IOException {
        return process.cpuMillis().orElseThrow(() -> new IOException("CPU time is known on Linux only")) * 1_000_000;
    }

    /** The CPU time of its children so far, in ns. */
    long childNanos() throws IOException {
        long nanos = 0;
        for (long pid : children()) {
            nanos += ProcessFigures.cpuNanos(pid);
        }
        return nanos;
    }

    /** The daemon's own share of the memory, in kB. */
    long memory() throws IOException {
        return ProcessFigures.memory(process.pid());
    }

    /** That of its children, in kB. */
    long childMemory() throws IOException {
        long kilobytes = 0;
        for (long pid : children()) {
            kilobytes += ProcessFigures.memory(pid);
        }
        return kilobytes;
    }

    /** All processes below it. */
    List<Long> children() {
        return ProcessHandle.of(process.pid()).stream()
                .flatMap(ProcessHandle::descendants)
                .map(ProcessHandle::pid)
                .toList();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL; its children end with it. */
    @Override
    public void close() {
        process.close();
    }
}
