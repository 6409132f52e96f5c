package io.millrace.systemtests.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One run of the {@code millrace} command as a process of its own. */
public final class MillraceProcess implements AutoCloseable {
    private final Process process;
    private final String command;
    private final List<String> errorLines = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> outputEnded;

    private MillraceProcess(Process process, String command, Consumer<String> lines, Consumer<String> errors) {
        this.process = process;
        this.command = command;
        this.outputEnded = read(process.getInputStream(), lines);
        CompletableFuture<Void> unused = read(process.getErrorStream(), line -> {
            errorLines.add(line);
            errors.accept(line);
        });
    }

    /** Starts the command; each line that it prints goes to {@code lines} on a thread of its own. */
    public static MillraceProcess start(
            Map<String, String> environment, Consumer<String> lines, List<String> arguments) {
        return start(environment, lines, error -> {}, arguments);
    }

    /** Starts a program among the tests in the same way. */
    public static MillraceProcess startTest(
            Map<String, String> environment, Consumer<String> lines, String mainClass, List<String> arguments) {
        return start(environment, lines, error -> {}, JavaCommand.test(mainClass, arguments), arguments);
    }

    private static MillraceProcess start(
            Map<String, String> environment, Consumer<String> lines, Consumer<String> errors, List<String> arguments) {
        return start(environment, lines, errors, JavaCommand.millrace(arguments), arguments);
    }

    private static MillraceProcess start(
            Map<String, String> environment,
            Consumer<String> lines,
            Consumer<String> errors,
            List<String> command,
            List<String> arguments) {
        ProcessBuilder builder = new ProcessBuilder(command);
        CleanEnvironment.give(builder, environment);
        try {
            return new MillraceProcess(builder.start(), String.join(" ", arguments), lines, errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the stream server alone, and waits until it answers. */
    public static MillraceProcess startServer(int port, Path data) {
        return startAndAwait(
                Map.of(),
                ":" + port,
                List.of(
                        "server",
                        "--port",
                        Integer.toString(port),
                        "--tls-port",
                        Integer.toString(freePort()),
                        "--dynamodb-port",
                        "off",
                        "--data",
                        data.toString()));
    }

    /** Starts the command and waits until it printed, or logged, a line that holds {@code ready}. */
    static MillraceProcess startAndAwait(Map<String, String> environment, String ready, List<String> arguments) {
        return startAndAwait(environment, ready, JavaCommand.millrace(arguments), arguments);
    }

    /** The same with a heap of this size, such as {@code 256m}. */
    static MillraceProcess startWithHeap(String heap, String ready, List<String> arguments) {
        return startAndAwait(Map.of(), ready, JavaCommand.millraceWithHeap(heap, arguments), arguments);
    }

    private static MillraceProcess startAndAwait(
            Map<String, String> environment, String ready, List<String> command, List<String> arguments) {
        CompletableFuture<Void> seen = new CompletableFuture<>();
        Consumer<String> lines = line -> {
            if (line.contains(ready)) {
                seen.complete(null);
            }
        };
        MillraceProcess started = start(environment, lines, lines, command, arguments);
        CompletableFuture<Void> died = started.process.onExit().thenAccept(ended -> {
            throw new IllegalStateException("it ended before it was ready, exit code " + ended.exitValue());
        });
        try {
            CompletableFuture.anyOf(seen, died).orTimeout(60, TimeUnit.SECONDS).join();
        } catch (RuntimeException e) {
            started.kill();
            throw new IllegalStateException("waited in vain for '" + ready + "' from " + started, e);
        }
        return started;
    }

    /**
     * SIGKILL: no goodbye. Returns once the process is gone. Goes by the handle, because {@link Process} itself also
     * closes the streams, and what the process had printed but nobody had read yet would be lost.
     */
    public void kill() {
        process.toHandle().destroyForcibly();
        process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** SIGTERM: may say goodbye. */
    public void terminate() {
        process.toHandle().destroy();
    }

    /** Sends a signal, such as {@code STOP} or {@code CONT}, by the system's own command. */
    public void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
            int code = kill.onExit().orTimeout(10, TimeUnit.SECONDS).join().exitValue();
            if (code != 0) {
                throw new IllegalStateException("kill -" + name + " ended with " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a line to its standard input. */
    void say(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends its standard input. */
    public void endInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException alreadyGone) {
            // Then it reads no more of it either.
        }
    }

    /** Its standard error so far. */
    List<String> errorLines() {
        return List.copyOf(errorLines);
    }

    /** The id of the process. */
    public long pid() {
        return process.pid();
    }

    /** The CPU time that it has used. */
    Duration cpuTime() {
        return process.toHandle().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Waits until all that it printed was read; it must have ended. */
    public void awaitOutput() {
        outputEnded.orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** Waits for the end. */
    public int exitCode() {
        return process.onExit().orTimeout(60, TimeUnit.SECONDS).join().exitValue();
    }

    /** True until it has ended. */
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            process.destroy();
            try {
                process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
            } catch (RuntimeException stubborn) {
                kill();
            }
        }
    }

    @Override
    public String toString() {
        return "millrace " + command + (process.isAlive() ? " (runs) " : " (ended) ") + errorLines;
    }

    /** A port that was free a moment ago. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Completes when the stream has ended. */
    private static CompletableFuture<Void> read(InputStream stream, Consumer<String> lines) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try (BufferedReader text = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                text.lines().forEach(lines);
            } catch (UncheckedIOException | IOException killed) {
                // A killed process ends its lines in the middle.
            } finally {
                ended.complete(null);
            }
        });
        reader.setDaemon(true);
        reader.start();
        return ended;
    }
}
