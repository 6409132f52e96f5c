package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.house.Checkout;
import io.millrace.systemtests.process.CleanEnvironment;
import io.millrace.systemtests.process.Tables;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * The wheel {@code millrace-daemon}: its script builds it, pip installs it without an index beside the package for Python, and a handler
 * runs in an empty folder, from which no checkout is to be seen. Skipped, loudly, where the launcher would have to build the command
 * first: that would change the classes of the tests that run.
 */
@Tag("slow")
@Timeout(600)
class DaemonWheelTest {
    private static final int BUILD_SECONDS = 400;
    private static final String NOT_BUILT =
            "SKIPPED: the command is older than its sources; run ./millrace --version first";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void handlerOfTheReadmeRunsWithTheWheelsAlone() throws Exception {
        new ClientProcess(folder)
                .assumePresent("Python 3.9 or newer with venv", List.of("python3", "-c", "import venv, ensurepip"));
        Path bin = installed(built()).getParent();
        String readme = Files.readString(PackagesTest.PYTHON.resolve("README.md"));
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Files.writeString(empty.resolve("orders.py"), found(readme, "```python\n(# orders\\.py\n.*?)```"));
        String command = found(readme, "    (python -m millrace run orders:handler [^#\n]*)")
                .strip();
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(folder.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .start();
                Tables tables = Tables.open()) {
            put(server.endpoint());
            Map<String, String> environment = Map.of(
                    "AWS_ENDPOINT_URL_KINESIS",
                    server.endpoint().toString(),
                    "AWS_ENDPOINT_URL_DYNAMODB",
                    tables.endpoint().toString(),
                    "AWS_REGION",
                    "us-east-1",
                    "JAVA_HOME",
                    System.getProperty("java.home"));
            try (DaemonRun daemon = DaemonRun.start(empty, environment, bin + "/" + command)) {
                daemon.await(() -> daemon.errors().contains("shardId-000000000000 customer-7 {'total': 3}"));
                daemon.terminate();
                assertThat(daemon.exitCode()).as("%s", daemon).isZero();
            }
        }
    }

    private static String found(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
        assertThat(matcher.find()).as("%s in the README", pattern).isTrue();
        return matcher.group(1);
    }

    private Path built() throws Exception {
        List<String> output = run(
                List.of(
                        "python3",
                        Checkout.top()
                                .resolve("multilang/python-daemon/build.py")
                                .toString(),
                        "--out",
                        folder.resolve("wheels").toString()),
                BUILD_SECONDS);
        Path wheel = Path.of(output.get(output.size() - 1));
        assertThat(wheel.getFileName().toString()).matches("millrace_daemon-[0-9.a-z]+-py3-none-any\\.whl");
        try (ZipFile files = new ZipFile(wheel.toFile())) {
            assertThat(files.stream().map(ZipEntry::getName))
                    .anyMatch(name -> name.startsWith("millrace_daemon/jars/millrace-multilang-"))
                    .noneMatch(name -> name.contains("stream-core") || name.contains("DynamoDBLocal"));
        }
        System.out.println("the wheel of the daemon has " + (Files.size(wheel) >> 10) + " KiB");
        return wheel;
    }

    /** The interpreter of a virtual environment that has both packages. */
    private Path installed(Path wheel) throws Exception {
        Path environment = folder.resolve("venv");
        run(List.of("python3", "-m", "venv", environment.toString()), BUILD_SECONDS);
        String pip = environment.resolve("bin").resolve("pip").toString();
        run(List.of(pip, "install", "--no-index", wheel.toString()), BUILD_SECONDS);
        // As its wheel has it; to build that, pip would fetch what builds wheels.
        Path packages;
        try (Stream<Path> files = Files.walk(environment)) {
            packages = files.filter(file -> file.endsWith("site-packages"))
                    .findFirst()
                    .orElseThrow();
        }
        Path to = Files.createDirectory(packages.resolve("millrace"));
        try (Stream<Path> files = Files.list(PackagesTest.PYTHON.resolve("src").resolve("millrace"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return environment.resolve("bin").resolve("python");
    }

    private void put(URI endpoint) {
        try (KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .build()) {
            kinesis.createStream(request -> request.streamName("orders").shardCount(1))
                    .join();
            kinesis.putRecord(request -> request.streamName("orders")
                            .partitionKey("customer-7")
                            .data(SdkBytes.fromUtf8String("{\"total\": 3}")))
                    .join();
        }
    }

    /** The lines that a command prints. */
    private List<String> run(List<String> command, int seconds) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "run", ".out");
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        CleanEnvironment.give(builder, Map.of("JAVA_HOME", System.getProperty("java.home"), "MILLRACE_BUILD", "never"));
        Process process = builder.start();
        try {
            assertThat(process.waitFor(seconds, TimeUnit.SECONDS))
                    .as("%s ends", command)
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(output);
        boolean isBuilt = lines.stream().noneMatch(line -> line.contains("has to be built first"));
        if (!isBuilt) {
            System.err.println(NOT_BUILT);
        }
        assumeTrue(isBuilt, NOT_BUILT);
        assertThat(process.exitValue()).as("%s: %s", command, lines).isZero();
        return lines;
    }
}
