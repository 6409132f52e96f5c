package io.millrace.systemtests.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.systemtests.house.Checkout;
import io.millrace.systemtests.process.CleanEnvironment;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The archive of {@code make dist}, unpacked into an empty folder and used from there. */
@Tag("slow")
@Timeout(300)
class DistTest {
    private static final String NOT_BUILT =
            "SKIPPED: the command is older than its sources; run ./millrace --version first";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void theArchiveServesPutsAndTailsWithoutACheckout() throws Exception {
        Path home = unpacked(built());
        String millrace = home.resolve("bin/millrace").toString();
        assertThat(run(Map.of(), millrace, "--version")).first().asString().startsWith("millrace ");
        checkContent(home);
        Process server = start(millrace, "server", "--port", "0", "--data", "data");
        try (BufferedReader output = new BufferedReader(new InputStreamReader(server.getInputStream(), UTF_8))) {
            String first = output.readLine();
            assertThat(first).startsWith("streams   http://127.0.0.1:");
            Map<String, String> client = Map.of("AWS_ENDPOINT_URL_KINESIS", first.substring(10));
            run(client, millrace, "stream", "create", "orders", "--shards", "1");
            Path lines = Files.writeString(folder.resolve("lines"), "one\ntwo\n");
            run(client, millrace, "put", "orders", "--file", lines.toString());
            assertThat(tailed(client, millrace)).containsExactlyInAnyOrder("one", "two");
            assertThat(run(client, millrace, "server", "backup", "data", "--to", "backup"))
                    .first()
                    .asString()
                    .contains("streams 1");
        } finally {
            server.destroy();
            assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(server.exitValue()).isZero();
    }

    private static void checkContent(Path home) throws IOException {
        try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
            assertThat(jars.map(jar -> jar.getFileName().toString()))
                    .contains("class-path")
                    .anyMatch(name -> name.startsWith("millrace-stream-core-"))
                    .noneMatch(name -> name.contains("DynamoDBLocal"));
        }
        assertThat(home.resolve("LICENSE")).exists();
        assertThat(home.resolve("docs/operations.md")).exists();
        assertThat(home.resolve("etc/millrace.service")).exists();
    }

    private List<String> tailed(Map<String, String> environment, String millrace) throws IOException {
        ProcessBuilder builder = builder(environment, millrace, "tail", "orders", "--from", "trim_horizon");
        Process tail = builder.start();
        try (BufferedReader output = new BufferedReader(new InputStreamReader(tail.getInputStream(), UTF_8))) {
            return List.of(data(output.readLine()), data(output.readLine()));
        } finally {
            tail.destroy();
        }
    }

    /** The last column. */
    private static String data(String line) {
        return line.substring(line.lastIndexOf(' ') + 1);
    }

    private Path built() throws Exception {
        List<String> output = run(
                Map.of("MILLRACE_BUILD", "never"),
                Checkout.top().resolve("dist/build").toString());
        boolean isBuilt = output.stream().noneMatch(line -> line.contains("has to be built first"));
        if (!isBuilt) {
            System.err.println(NOT_BUILT);
        }
        assumeTrue(isBuilt, NOT_BUILT);
        return Path.of(output.get(output.size() - 1));
    }

    private Path unpacked(Path archive) throws Exception {
        run(Map.of(), "tar", "-xzf", archive.toString(), "-C", folder.toString());
        String name = String.valueOf(archive.getFileName());
        return folder.resolve(name.substring(0, name.length() - ".tar.gz".length()));
    }

    /** Starts a command whose errors nobody reads but the log of the tests. */
    private Process start(String... command) throws IOException {
        return builder(Map.of(), command).start();
    }

    private ProcessBuilder builder(Map<String, String> environment, String... command) {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT);
        CleanEnvironment.give(builder, environment);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    /** The lines that a command prints, errors among them; it ends well unless it has to be built first. */
    private List<String> run(Map<String, String> environment, String... command) throws Exception {
        Path output = Files.createTempFile(folder, "run", ".out");
        Process process = builder(environment, command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS))
                .as("%s ends", List.of(command))
                .isTrue();
        List<String> lines = new ArrayList<>(Files.readAllLines(output));
        if (lines.stream().noneMatch(line -> line.contains("has to be built first"))) {
            assertThat(process.exitValue())
                    .as("%s: %s", List.of(command), lines)
                    .isZero();
        }
        return lines;
    }
}
