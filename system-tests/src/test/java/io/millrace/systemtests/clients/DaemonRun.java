package io.millrace.systemtests.clients;

import io.millrace.systemtests.process.CleanEnvironment;
import io.millrace.systemtests.process.JavaCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A run of {@code millrace daemon} as a process of its own, and what its file of events tells. Belongs to one test. */
final class DaemonRun implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 60;
    private static final int LOOK_MILLIS = 20;
    private static final Pattern STARTED = Pattern.compile("\"event\":\"child-started\".*\"pid\":(\\d+)");

    private final Process process;
    private final Path events;
    private final Path prints;
    private final Path errors;

    private DaemonRun(Process process, Path events, Path prints, Path errors) {
        this.process = process;
        this.events = events;
        this.prints = prints;
        this.errors = errors;
    }

    /** Starts a daemon whose children note records in {@code folder/notes}, in a locale that knows ASCII only. */
    static DaemonRun start(Path folder, Map<String, String> environment, Path properties) throws IOException {
        Path events = Files.createTempFile(folder, "events", ".jsonl");
        return start(
                folder,
                environment,
                JavaCommand.millrace(List.of("daemon", properties.toString(), "--json", "--events", events.toString())),
                events);
    }

    /** Starts, by a command of the user's that runs in {@code folder}, a daemon of which no events are known. */
    static DaemonRun start(Path folder, Map<String, String> environment, String command) throws IOException {
        return start(folder, environment, List.of("sh", "-c", "exec " + command));
    }

    /** Starts a daemon, which need not be ours and of which no events are known, by its command line. */
    static DaemonRun start(Path folder, Map<String, String> environment, List<String> command) throws IOException {
        return start(folder, environment, command, Files.createTempFile(folder, "events", ".jsonl"));
    }

    private static DaemonRun start(Path folder, Map<String, String> environment, List<String> command, Path events)
            throws IOException {
        Path prints = Files.createTempFile(folder, "daemon", ".out");
        Path errors = Files.createTempFile(folder, "daemon", ".err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(prints.toFile())
                .redirectError(errors.toFile());
        String none = folder.resolve("none").toString();
        Map<String, String> all = new HashMap<>(Map.of(
                "AWS_ACCESS_KEY_ID",
                "local",
                "AWS_SECRET_ACCESS_KEY",
                "local",
                "AWS_CONFIG_FILE",
                none,
                "AWS_SHARED_CREDENTIALS_FILE",
                none,
                "LC_ALL",
                "C",
                "NOTES",
                folder.resolve("notes").toString()));
        all.putAll(environment);
        CleanEnvironment.give(builder, all);
        return new DaemonRun(builder.start(), events, prints, errors);
    }

    /** Waits until {@code condition} holds; the test's own time limit ends it. */
    void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("it ended: " + this);
            }
        }
    }

    /** True if an event of this name has {@code text} in it. */
    boolean tells(String event, String text) {
        return read(events)
                .lines()
                .anyMatch(line -> line.contains("\"event\":\"" + event + "\"") && line.contains(text));
    }

    /** The processes of its children that run, the eldest first. */
    List<Long> living() {
        List<Long> pids = new ArrayList<>();
        Matcher started = STARTED.matcher(read(events));
        while (started.find()) {
            long pid = Long.parseLong(started.group(1));
            if (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent()) {
                pids.add(pid);
            }
        }
        return pids;
    }

    /** The eldest process that runs and works on another shard than this one. */
    long livingElsewhere(String shard) {
        return living().stream()
                .filter(pid -> !read(events)
                        .lines()
                        .anyMatch(line -> line.contains("\"event\":\"child-started\"")
                                && line.contains("\"pid\":" + pid + "}")
                                && line.contains("\"" + shard + "\"")))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no child is there: " + this));
    }

    /** True if it has printed its events, each once. */
    boolean hasPrintedEvents() {
        List<String> printed = new ArrayList<>(read(prints).lines().toList());
        List<String> written = new ArrayList<>(read(events).lines().toList());
        printed.sort(null);
        written.sort(null);
        return printed.equals(written);
    }

    String errors() {
        return read(errors);
    }

    /** SIGTERM. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** SIGKILL. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    /** Waits for the end. */
    int exitCode() {
        return process.onExit()
                .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join()
                .exitValue();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            // A command that has started the daemon cannot tell it any more.
            List<ProcessHandle> below = process.descendants().toList();
            process.destroyForcibly();
            below.forEach(ProcessHandle::destroyForcibly);
            int unused = exitCode();
        }
    }

    @Override
    public String toString() {
        return "daemon: " + errors() + read(events);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
