package io.millrace.dynamodblocal;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.PrivateFolder;
import io.millrace.runtime.TemporaryFolder;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A running DynamoDB Local: a child process that serves the DynamoDB API on 127.0.0.1 without checking credentials. All
 * regions and access keys see the same tables. It ends with {@link #close}, and by itself when this process dies.
 *
 * <p>The system property {@code millrace.dynamodb-local.java-options} adds flags, divided by spaces, for the JVM of the child. One
 * that lives for seconds only takes half the CPU time with {@code -XX:TieredStopAtLevel=1}.
 *
 * <p>Safe for any thread.
 */
public final class DynamoDbLocal implements AutoCloseable {
    private static final String JAVA_OPTIONS = "millrace.dynamodb-local.java-options";
    private static final long START_SECONDS = 60;
    private static final long STOP_SECONDS = 5;

    private final Process process;
    private final int port;
    private final Path log;
    /** For the native library that it unpacks with each start, and for the log if there is no data directory. */
    private final TemporaryFolder temporary;

    private DynamoDbLocal(Process process, int port, Path log, TemporaryFolder temporary) {
        this.process = process;
        this.port = port;
        this.log = log;
        this.temporary = temporary;
    }

    /** True if its jars are on this machine: in a checkout they are, in an installation they are if somebody names them. */
    public static boolean isInstalled() {
        return JarList.isThere();
    }

    /**
     * How to run it.
     *
     * @param port the port on 127.0.0.1, 0 for any free one
     * @param data the directory that keeps the tables, made if missing; null keeps them in memory
     */
    public record Settings(int port, @Nullable Path data) {
        /** Checks the port. */
        public Settings {
            if (port < 0 || port > 65535) {
                throw new IllegalArgumentException("not a port (0 to 65535): " + port);
            }
        }

        /** On any free port, in memory. */
        public static Settings inMemory() {
            return new Settings(0, null);
        }

        /** On any free port, kept in {@code data}. */
        public static Settings persistedIn(Path data) {
            return new Settings(0, requireNonNull(data, "data"));
        }

        /** The same on this port. */
        public Settings withPort(int port) {
            return new Settings(port, data);
        }
    }

    /**
     * Starts the process and waits until it answers, a second or two.
     *
     * @throws DynamoDbLocalException if the port is taken, the data cannot be read or written, the jars are missing, or
     *     this machine is none that DynamoDB Local runs on
     */
    public static DynamoDbLocal start(Settings settings) {
        JarList jars = JarList.find();
        TemporaryFolder temporary = temporaryFolder(settings.data());
        Path log = (settings.data() == null ? temporary.path() : settings.data()).resolve("dynamodb-local.log");
        try {
            Process process = spawn(command(jars, settings, temporary), log);
            try {
                return new DynamoDbLocal(process, awaitPort(process, log), log, temporary);
            } catch (RuntimeException e) {
                process.destroyForcibly();
                throw e;
            }
        } catch (DynamoDbLocalException e) {
            if (!e.namesLog() || settings.data() != null) {
                temporary.close();
            }
            throw e;
        }
    }

    /** Where clients find it: {@code http://127.0.0.1:port}. */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** The port it listens on. */
    public int port() {
        return port;
    }

    /** The child process, to watch or to kill. */
    public ProcessHandle process() {
        return process.toHandle();
    }

    /** Completes with the exit code when the process has ended, for whatever reason. */
    public CompletableFuture<Integer> exit() {
        return process.onExit().thenApply(Process::exitValue);
    }

    /** Where the process writes what it has to say; deleted with {@link #close} if there is no data directory. */
    public Path log() {
        return log.toAbsolutePath();
    }

    /** Ends the process and waits for its end. Tables in a data directory stay. */
    @Override
    public void close() {
        try {
            // The child ends when its standard input does.
            process.getOutputStream().close();
        } catch (IOException alreadyGone) {
            // Then there is nothing to ask.
        }
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        temporary.close();
    }

    private static TemporaryFolder temporaryFolder(@Nullable Path data) {
        try {
            return data == null
                    ? TemporaryFolder.create("millrace-dynamodb-local")
                    : TemporaryFolder.createIn(PrivateFolder.create(data), "tmp");
        } catch (IOException e) {
            throw new DynamoDbLocalException(
                    "cannot write to " + (data == null ? "the temporary folder" : data)
                            + ": check that it is a folder and may be written",
                    e);
        }
    }

    private static List<String> command(JarList jars, Settings settings, TemporaryFolder temporary) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        command.add("-Xmx512m");
        Arrays.stream(System.getProperty(JAVA_OPTIONS, "").split(" "))
                .filter(flag -> !flag.isBlank())
                .forEach(command::add);
        command.add("-Djava.awt.headless=true");
        command.add("-Djava.io.tmpdir=" + temporary.path());
        command.add("-Dsqlite4java.library.path=" + jars.nativeSqlite().toAbsolutePath());
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.add("-cp");
        command.add(String.join(File.pathSeparator, jars.classPath()));
        command.add(DynamoDbLocalMain.class.getName());
        command.add(Integer.toString(settings.port()));
        command.add(temporary.path().toString());
        if (settings.data() != null) {
            command.add(settings.data().toAbsolutePath().toString());
        }
        return command;
    }

    private static Process spawn(List<String> command, Path log) {
        try {
            // Appended to: why it ended the last time is of interest when it runs again.
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
            // It logs in to nothing and reads no profile; what it inherits it could only leak.
            builder.environment().keySet().removeIf(name -> name.startsWith("AWS_"));
            builder.environment().put("DDB_LOCAL_TELEMETRY", "0");
            return builder.start();
        } catch (IOException e) {
            throw new DynamoDbLocalException("cannot start a Java process for DynamoDB Local: " + e.getMessage(), e);
        }
    }

    private static int awaitPort(Process process, Path log) {
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        Optional<String> line;
        try {
            line = CompletableFuture.supplyAsync(() -> firstAnswer(output))
                    .orTimeout(START_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw DynamoDbLocalException.seeLog("DynamoDB Local did not start within " + START_SECONDS + " s", log, e);
        }
        String answer = line.orElseThrow(
                () -> DynamoDbLocalException.seeLog("DynamoDB Local ended while it started", log, null));
        if (answer.startsWith(DynamoDbLocalMain.READY)) {
            return Integer.parseInt(answer.substring(DynamoDbLocalMain.READY.length()));
        }
        if (answer.startsWith(DynamoDbLocalMain.PORT_TAKEN)) {
            throw DynamoDbLocalException.portTaken(answer.substring(DynamoDbLocalMain.PORT_TAKEN.length()));
        }
        throw new DynamoDbLocalException(answer.substring(DynamoDbLocalMain.FAILED.length()));
    }

    /** Passes over what DynamoDB Local itself may print. */
    private static Optional<String> firstAnswer(BufferedReader output) {
        try {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                if (DynamoDbLocalMain.ANSWERS.stream().anyMatch(line::startsWith)) {
                    return Optional.of(line);
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
