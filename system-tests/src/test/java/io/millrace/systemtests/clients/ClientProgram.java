package io.millrace.systemtests.clients;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.systemtests.house.Checkout;
import io.millrace.systemtests.process.CleanEnvironment;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program of {@code system-tests/clients} as a process of its own, with the class path that its own module wrote down. It
 * prints one JSON object a line, and ends when its standard input does. Belongs to one test; its lines may be waited for by
 * one thread.
 */
final class ClientProgram implements AutoCloseable {
    private static final Pattern FIELD = Pattern.compile("\"(\\w+)\":\"([^\"]*)\"");
    private static final int END_SECONDS = 60;

    private final Process process;
    private final Path errors;
    private final BlockingQueue<Map<String, String>> lines = new LinkedBlockingQueue<>();

    private ClientProgram(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        Thread reader = new Thread(this::read);
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts a program, or skips the test, loudly, where its module was not built.
     *
     * @param module the folder in {@code system-tests/clients}
     * @param mainClass the program
     * @param folder where it may write
     * @param environment what points it at servers of ours
     */
    static ClientProgram start(
            String module, String mainClass, Path folder, Map<String, String> environment, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                classPath(module)));
        command.add(mainClass);
        command.addAll(List.of(arguments));
        return start(module, command, folder, environment);
    }

    /** Starts a program of the tests' own, by its whole command line; {@code name} is that of the file of its complaints. */
    static ClientProgram start(String name, List<String> command, Path folder, Map<String, String> environment)
            throws IOException {
        Path errors = folder.resolve(name + ".err");
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectError(errors.toFile());
        CleanEnvironment.give(builder, environment);
        return new ClientProgram(builder.start(), errors);
    }

    /** What a program needs to find servers of ours, whatever the user's own settings are. */
    static Map<String, String> environment(URI kinesis, URI dynamoDb, Path folder) {
        return Map.of(
                "AWS_ACCESS_KEY_ID",
                ClientKeys.ID,
                "AWS_SECRET_ACCESS_KEY",
                ClientKeys.SECRET,
                "AWS_REGION",
                "us-east-1",
                "AWS_ENDPOINT_URL_KINESIS",
                kinesis.toString(),
                "AWS_ENDPOINT_URL_DYNAMODB",
                dynamoDb.toString(),
                "AWS_EC2_METADATA_DISABLED",
                "true",
                "AWS_CONFIG_FILE",
                folder.resolve("none").toString(),
                "AWS_SHARED_CREDENTIALS_FILE",
                folder.resolve("none").toString());
    }

    private static String classPath(String module) throws IOException {
        return classPathOf(Path.of("system-tests", "clients", module));
    }

    /** The class path of the module in this folder of the checkout; skips the test, loudly, where it was not built. */
    static String classPathOf(Path module) throws IOException {
        Path target = Checkout.top().resolve(module).resolve("target");
        Path list = target.resolve("client.classpath");
        boolean isBuilt = Files.isRegularFile(list);
        String skipped =
                "SKIPPED: the client " + module + " was not built (no " + list + "); build without -DnoClients";
        if (!isBuilt) {
            System.err.println(skipped);
        }
        assumeTrue(isBuilt, skipped);
        return target.resolve("classes")
                + File.pathSeparator
                + Files.readString(list).strip();
    }

    /** Waits for its next line; the test's own timeout ends a vain wait. */
    Map<String, String> next() {
        Map<String, String> line;
        try {
            line = lines.take();
        } catch (InterruptedException timeout) {
            throw new AssertionError("waited in vain for a line of " + this, timeout);
        }
        if (line.isEmpty()) {
            throw new AssertionError(this + " ended too early");
        }
        return line;
    }

    /** Kills it, and tells the lines that it had printed and nobody had read. */
    List<Map<String, String>> kill() throws InterruptedException {
        close();
        List<Map<String, String>> rest = new ArrayList<>();
        for (Map<String, String> line = lines.take(); !line.isEmpty(); line = lines.take()) {
            rest.add(line);
        }
        return rest;
    }

    /** Gives it a line on its standard input. */
    void tell(String line) throws IOException {
        OutputStream input = process.getOutputStream();
        input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
    }

    /** Ends its standard input, which asks it to stop; the lines go on. */
    void askToStop() throws IOException {
        process.getOutputStream().close();
    }

    /** Waits for its end. */
    int exitCode() {
        return process.onExit().orTimeout(END_SECONDS, TimeUnit.SECONDS).join().exitValue();
    }

    @Override
    public void close() {
        process.toHandle().destroyForcibly();
        process.onExit().orTimeout(END_SECONDS, TimeUnit.SECONDS).join();
    }

    /** What a failed test says of it. */
    @Override
    public String toString() {
        try {
            List<String> complaints = Files.readAllLines(errors);
            List<String> last = complaints.subList(Math.max(0, complaints.size() - 40), complaints.size());
            return (process.isAlive() ? "the running client" : "the ended client") + ", which last complained of:\n"
                    + String.join("\n", last);
        } catch (IOException e) {
            return "a client whose complaints cannot be read: " + e;
        }
    }

    private void read() {
        try (BufferedReader text =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            text.lines()
                    .filter(line -> line.startsWith("{"))
                    .map(ClientProgram::fields)
                    .forEach(lines::add);
        } catch (UncheckedIOException | IOException killed) {
            // A killed process ends its lines in the middle.
        }
        lines.add(Map.of());
    }

    private static Map<String, String> fields(String line) {
        Map<String, String> fields = new ConcurrentHashMap<>();
        Matcher matcher = FIELD.matcher(line);
        while (matcher.find()) {
            fields.put(matcher.group(1), matcher.group(2));
        }
        return fields;
    }
}
