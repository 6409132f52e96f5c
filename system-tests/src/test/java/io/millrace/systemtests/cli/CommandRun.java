package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.systemtests.process.CallLog;
import io.millrace.systemtests.process.CleanEnvironment;
import io.millrace.systemtests.process.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A run of the command: what it prints is collected as it comes. */
final class CommandRun implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 120;

    private final Process process;
    private final Path err;
    private final Queue<String> out = new ConcurrentLinkedQueue<>();
    private final List<Waiter> waiters = new CopyOnWriteArrayList<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>();

    private CommandRun(Process process, Path err, int lines) {
        this.process = process;
        this.err = err;
        Thread reader = new Thread(() -> readOutput(lines), "output");
        reader.setDaemon(true);
        reader.start();
    }

    /** Who waits for what. */
    private record Waiter(Predicate<String> enough, CompletableFuture<String> seen) {
        void look(String text) {
            if (enough.test(text)) {
                seen.complete(text);
            }
        }
    }

    /** Starts {@code millrace arguments...} with {@code input} on standard input. */
    static CommandRun start(Path folder, Map<String, String> environment, String input, String... arguments) {
        try {
            Path err = Files.createTempFile(folder, "run", ".err");
            ProcessBuilder builder =
                    builder(folder, environment, input, arguments).redirectError(err.toFile());
            return new CommandRun(builder.start(), err, Integer.MAX_VALUE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #start} without input; what it says on standard error stands in the output as well. */
    static CommandRun startMixed(Path folder, Map<String, String> environment, String... arguments) {
        try {
            Path none = Files.createTempFile(folder, "run", ".err");
            ProcessBuilder builder = builder(folder, environment, "", arguments).redirectErrorStream(true);
            return new CommandRun(builder.start(), none, Integer.MAX_VALUE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #start} without input, but the output is closed after its first line. */
    static CommandRun startForOneLine(Path folder, Map<String, String> environment, String... arguments) {
        try {
            Path err = Files.createTempFile(folder, "run", ".err");
            ProcessBuilder builder = builder(folder, environment, "", arguments).redirectError(err.toFile());
            return new CommandRun(builder.start(), err, 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ProcessBuilder builder(
            Path folder, Map<String, String> environment, String input, String... arguments) throws IOException {
        Path in = Files.writeString(Files.createTempFile(folder, "run", ".in"), input);
        List<String> command = environment.containsKey(CallLog.FILE)
                ? JavaCommand.millraceWithCallLog(List.of(arguments))
                : JavaCommand.millrace(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectInput(in.toFile());
        String none = folder.resolve("none").toString();
        CleanEnvironment.give(builder, Map.of("AWS_CONFIG_FILE", none, "AWS_SHARED_CREDENTIALS_FILE", none));
        builder.environment().putAll(environment);
        return builder;
    }

    /** Waits for the end and returns the exit code. */
    int exitCode() {
        ended.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        return process.onExit()
                .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join()
                .exitValue();
    }

    /** Waits until the output so far satisfies {@code enough}. */
    String awaitOutput(Predicate<String> enough) {
        Waiter waiter = new Waiter(enough, new CompletableFuture<>());
        waiters.add(waiter);
        waiter.look(out());
        CompletableFuture<String> died = ended.thenApply(text -> {
            throw new IllegalStateException("it ended; output: " + text + " errors: " + err());
        });
        return (String) CompletableFuture.anyOf(waiter.seen, died)
                .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    /** The processes that it has started and that run now. */
    List<ProcessHandle> children() {
        return process.children().toList();
    }

    String out() {
        return String.join("", out);
    }

    String err() {
        return read(err);
    }

    /** SIGTERM. By the handle, because {@link Process} itself also closes the output before it is read. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** SIGKILL. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    /** Sends a signal, such as {@code STOP} or {@code CONT}, by the system's own command. */
    void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
            assertThat(kill.onExit()
                            .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                            .join()
                            .exitValue())
                    .isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            process.destroyForcibly();
            exitCode();
        }
    }

    private void readOutput(int limit) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (int i = 0; i < limit; i++) {
                String line = lines.readLine();
                if (line == null) {
                    break;
                }
                out.add(line + "\n");
                waiters.forEach(waiter -> waiter.look(out()));
            }
        } catch (IOException killed) {
            // The end of its output.
        }
        ended.complete(out());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
