package io.millrace.benchmarks.coordination;

import io.millrace.runtime.Platform;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A process and the lines that it prints. Belongs to one thread; lines come on another. */
public final class WorkerUnderTest implements AutoCloseable {
    /** What Linux counts CPU time in, on every system that it runs on today. */
    private static final long CLOCK_TICK_MILLIS = 10;

    private final String name;
    private final Process process;
    private final long startedAt;

    private WorkerUnderTest(String name, Process process, long startedAt) {
        this.name = name;
        this.process = process;
        this.startedAt = startedAt;
    }

    /**
     * Starts a process.
     *
     * @param lines is given each line of its standard output, on a thread of its own
     */
    public static WorkerUnderTest start(
            Start start, Platform platform, Platform.BlockingTasks threads, Consumer<String> lines) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(start.command())
                .redirectError(ProcessBuilder.Redirect.appendTo(start.log().toFile()));
        builder.environment().putAll(start.environment());
        long startedAt = Line.nanos(platform.clock().instant());
        WorkerUnderTest started = new WorkerUnderTest(start.name(), builder.start(), startedAt);
        threads.execute(() -> started.read(lines));
        return started;
    }

    String name() {
        return name;
    }

    /** Just before the process was made, on the wall clock in nanoseconds. */
    long startedAt() {
        return startedAt;
    }

    /** The CPU time that it has used so far, in milliseconds; Linux alone tells it. */
    public OptionalLong cpuMillis() throws IOException {
        Path stat = Path.of("/proc", String.valueOf(process.pid()), "stat");
        if (!Files.exists(stat)) {
            return OptionalLong.empty();
        }
        String text = Files.readString(stat);
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
        return OptionalLong.of(CLOCK_TICK_MILLIS * (Long.parseLong(fields[11]) + Long.parseLong(fields[12])));
    }

    /**
     * A figure of {@code /proc/PID/status}, such as {@code VmRSS} in KiB or {@code Threads}; Linux alone tells it.
     *
     * @param name the figure's name there
     */
    public OptionalLong status(String name) throws IOException {
        Path status = Path.of("/proc", String.valueOf(process.pid()), "status");
        if (!Files.exists(status)) {
            return OptionalLong.empty();
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst();
    }

    /** Writes a line to its standard input. */
    public void tell(String line) throws IOException {
        OutputStream input = process.getOutputStream();
        input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
    }

    /** Its number in the system. */
    public long pid() {
        return process.pid();
    }

    /** True until it ends. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL; by the handle, because the process itself would also close what it had printed. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    /** SIGTERM. */
    void terminate() {
        process.toHandle().destroy();
    }

    void awaitEnd() throws InterruptedException {
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            kill();
            process.waitFor();
        }
    }

    @Override
    public void close() {
        kill();
        process.onExit().join();
    }

    private void read(Consumer<String> lines) {
        try (BufferedReader text =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            text.lines().forEach(lines);
        } catch (IOException | UncheckedIOException killed) {
            // Its last line may be cut off.
        }
    }

    /**
     * How to start a process.
     *
     * @param name what it is called
     * @param command its command line
     * @param environment what it sees besides ours
     * @param log where its standard error goes
     */
    public record Start(String name, List<String> command, Map<String, String> environment, Path log) {
        /** Copies the lists. */
        public Start {
            command = List.copyOf(command);
            environment = Map.copyOf(environment);
        }
    }
}
