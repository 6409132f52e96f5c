package io.millrace.cli.demo;

import io.millrace.cli.terminal.CommandFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A worker in a process of its own. Its handle is safe for any thread. */
final class WorkerProcess {
    private final String name;
    private final Process process;
    private final Path log;

    private WorkerProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /** Starts {@code millrace demo-worker} with these arguments and environment, its log in {@code folder}. */
    static WorkerProcess start(String name, List<String> arguments, Map<String, String> environment, Path folder) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), "io.millrace.cli.Millrace", "demo-worker"));
        command.addAll(arguments);
        Path log = folder.resolve(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("AWS_"));
        builder.environment().putAll(environment);
        try {
            return new WorkerProcess(name, builder.start(), log);
        } catch (IOException e) {
            throw CommandFailure.failed("cannot start a worker process: " + e.getMessage(), e);
        }
    }

    String name() {
        return name;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Hands every message to {@code sink} until the process has ended. Blocks. */
    void readMessages(Consumer<WorkerMessage> sink) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                WorkerMessage.parse(line).ifPresent(sink);
            }
        } catch (IOException killed) {
            // The end of its messages.
        }
    }

    /**
     * Kills it as a crash would: SIGKILL. What it had reported is still read: {@link Process#destroyForcibly} would close
     * the stream of its messages, and what it had processed and checkpointed would count as lost.
     */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    /** Asks it to hand its shards over and to end: SIGTERM. */
    void stop() {
        process.toHandle().destroy();
    }

    /** Waits for its end, by force if need be. */
    void awaitEnd(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** The last line of its log, which says why it ended if it did so by itself. */
    String lastWords() {
        try {
            List<String> lines = Files.readAllLines(log);
            return lines.isEmpty() ? "without a word" : lines.get(lines.size() - 1);
        } catch (IOException e) {
            return "its log cannot be read";
        }
    }
}
