package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.cli.CommandResult;
import io.millrace.systemtests.process.JavaCommand;
import io.millrace.systemtests.process.Tables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The examples in Python and for Node.js: their own tests, and every command of their READMEs word for word, in a folder that looks
 * like a checkout. The commands that make streams and put records run in this JVM, the examples as processes.
 */
@Timeout(180)
class ExamplesInOtherLanguagesTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> PYTHON_PRESENT =
            List.of("python3", "-c", "import sys; assert sys.version_info >= (3, 9)");
    private static final List<String> NODE_PRESENT =
            List.of("node", "-e", "process.exit(Number(process.versions.node.split('.')[0]) >= 18 ? 0 : 1)");

    /** How a command of a README begins that runs an example. */
    private static final Pattern EXAMPLE =
            Pattern.compile("python3 -m millrace run|npx .*millrace-node run|./millrace daemon");

    private static final Pattern COUNT = Pattern.compile("(\\S+) (\\d+)");
    private static final Pattern COUNT_IN_JSON = Pattern.compile("\"([^\"]+)\": ?(\\d+)");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path checkout;

    @SuppressWarnings("NullAway.Init") // before each test
    private ClientProcess clients;

    @BeforeEach
    void makeCheckout() throws IOException {
        clients = new ClientProcess(checkout);
        String launcher = JavaCommand.millrace(List.of()).stream()
                .map(word -> "'" + word + "'")
                .collect(Collectors.joining(" ", "#!/bin/sh\nexec ", " \"$@\"\n"));
        Files.writeString(checkout.resolve("millrace"), launcher);
        Files.setPosixFilePermissions(checkout.resolve("millrace"), PosixFilePermissions.fromString("rwx------"));
        for (String folder : List.of("", "python", "node")) {
            copy(
                    TOP.resolve("examples").resolve(folder),
                    checkout.resolve("examples").resolve(folder));
        }
        // As `npm install` leaves it.
        Path modules = checkout.resolve("examples").resolve("node").resolve("node_modules");
        for (String folder : List.of("", "bin", "lib")) {
            copy(PackagesTest.NODE.resolve(folder), modules.resolve("millrace").resolve(folder));
        }
        Path program = Files.createDirectory(modules.resolve(".bin")).resolve("millrace-node");
        Files.createSymbolicLink(program, Path.of("..", "millrace", "bin", "millrace-node.cjs"));
    }

    @Test
    void examplesInPythonPassTheirTests() throws Exception {
        clients.assumePresent("Python 3.9 or newer", PYTHON_PRESENT);
        passes(List.of(
                "python3",
                "-c",
                "import sys, unittest; sys.dont_write_bytecode = True; sys.path[:0] = sys.argv[1:];"
                        + " unittest.main(module=None, argv=['', 'discover', '-s', sys.argv[2]])",
                PackagesTest.PYTHON.resolve("src").toString(),
                checkout.resolve("examples").resolve("python").toString()));
    }

    @Test
    void examplesForNodePassTheirTests() throws Exception {
        clients.assumePresent("Node.js 18 or newer", NODE_PRESENT);
        passes(List.of(
                "node",
                "--test",
                checkout.resolve("examples")
                        .resolve("node")
                        .resolve("examples.test.mjs")
                        .toString()));
    }

    @Tag("slow")
    @Test
    void everyExampleInPythonDoesWhatItsReadmeSays() throws Exception {
        clients.assumePresent("Python 3.9 or newer", PYTHON_PRESENT);
        doWhatTheReadmeSays("python", UnaryOperator.identity());
    }

    @Tag("slow")
    @Test
    void everyExampleForNodeDoesWhatItsReadmeSays() throws Exception {
        clients.assumePresent("Node.js 18 or newer", NODE_PRESENT);
        doWhatTheReadmeSays(
                "node", command -> command.replace("npx --prefix examples/node ", "examples/node/node_modules/.bin/"));
    }

    private void doWhatTheReadmeSays(String language, UnaryOperator<String> installed) throws Exception {
        List<String> commands =
                commands(TOP.resolve("examples").resolve(language).resolve("README.md"));
        List<String> examples = commands.stream()
                .filter(command -> EXAMPLE.matcher(command).lookingAt())
                .map(installed)
                .toList();
        assertThat(examples).hasSize(3);
        try (StreamServer server = StreamServer.builder()
                        .port(0)
                        .dataDirectory(checkout.resolve("data"))
                        .transitionTime(Duration.ZERO)
                        .start();
                Tables tables = Tables.open()) {
            Map<String, String> endpoints = Map.of(
                    "AWS_ENDPOINT_URL_KINESIS", server.endpoint().toString(),
                    "AWS_ENDPOINT_URL_DYNAMODB", tables.endpoint().toString());
            commands.stream()
                    .filter(command -> command.matches("./millrace (stream|put) .*"))
                    .forEach(command -> succeeds(command, endpoints));
            Map<String, String> environment = new TreeMap<>(endpoints);
            environment.put("AWS_REGION", "us-east-1");
            environment.put("JAVA_HOME", System.getProperty("java.home"));
            environment.put("MILLRACE_HOME", checkout.toString());
            environment.put("PYTHONDONTWRITEBYTECODE", "1");
            environment.put("PYTHONPATH", PackagesTest.PYTHON.resolve("src") + ":" + checkout + "/examples/python");
            try (DaemonRun words = DaemonRun.start(checkout, environment, examples.get(0));
                    DaemonRun clicks = DaemonRun.start(checkout, environment, examples.get(1));
                    DaemonRun windows = DaemonRun.start(checkout, environment, examples.get(2))) {
                tellsWhatItShould(words, clicks, windows);
            }
        }
    }

    private void tellsWhatItShould(DaemonRun words, DaemonRun clicks, DaemonRun windows) throws Exception {
        Map<String, Integer> ofWords = new TreeMap<>();
        lines("words.txt").forEach(word -> ofWords.merge(word, 1, Integer::sum));
        words.await(() -> counts(told(words, "so far: "), COUNT, Integer::max).equals(ofWords));
        ends(words);

        clicks.await(() -> told(clicks, "session of ").size() >= 3);
        assertThat(told(clicks, "session of "))
                .containsExactlyInAnyOrder(
                        "ada: 330 s, / /mills /cart", "bob: 1140 s, / /stones", "cyd: 1800 s, /stones /");
        ends(clicks);
        assertThat(told(clicks, "session of "))
                .as("with those that were open")
                .hasSize(6)
                .contains("ada: 150 s, / /cart", "bob: 0 s, /", "cyd: 0 s, /cart");

        Map<String, Integer> ofPages = new TreeMap<>();
        for (String click : lines("clicks.jsonl")) {
            ofPages.merge(click.replaceFirst(".*\"page\":\"([^\"]+)\".*", "$1"), 1, Integer::sum);
        }
        // A window for each shard, or two of them where its end fell among the puts.
        windows.await(() -> total(counts(told(windows, "window of "), COUNT_IN_JSON, Integer::sum)) >= total(ofPages));
        assertThat(counts(told(windows, "window of "), COUNT_IN_JSON, Integer::sum))
                .isEqualTo(ofPages);
        ends(windows);
    }

    private static void ends(DaemonRun daemon) {
        daemon.terminate();
        assertThat(daemon.exitCode()).as("%s", daemon).isZero();
    }

    /** The texts after {@code mark} in the lines that the children of a daemon have written. */
    private static List<String> told(DaemonRun daemon, String mark) {
        return daemon.errors()
                .lines()
                .filter(line -> line.contains(mark))
                .map(line -> line.substring(line.indexOf(mark) + mark.length()))
                .toList();
    }

    /** The numbers of all lines by what they count; those of the same are taken together by {@code both}. */
    private static Map<String, Integer> counts(List<String> lines, Pattern count, BinaryOperator<Integer> both) {
        Map<String, Integer> counts = new TreeMap<>();
        for (String line : lines) {
            for (MatchResult found : count.matcher(line).results().toList()) {
                counts.merge(found.group(1), Integer.valueOf(found.group(2)), both);
            }
        }
        return counts;
    }

    private static int total(Map<String, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The commands that a README shows, without the remarks behind them. */
    private static List<String> commands(Path readme) throws IOException {
        return Files.readAllLines(readme).stream()
                .filter(line -> line.startsWith("    "))
                .map(line -> line.replaceFirst("\\s+#.*", "").strip())
                .toList();
    }

    /** Runs a command of `./millrace` in this JVM. */
    private void succeeds(String command, Map<String, String> endpoints) {
        List<String> words = new ArrayList<>();
        for (String word : command.split(" ", -1)) {
            words.add(word.startsWith("examples/") ? checkout.resolve(word).toString() : word);
        }
        CommandResult result =
                CommandResult.of(endpoints, "", words.subList(1, words.size()).toArray(String[]::new));
        assertThat(result.exitCode()).as("%s: %s", command, result).isZero();
    }

    private List<String> lines(String file) throws IOException {
        return Files.readAllLines(checkout.resolve("examples").resolve(file));
    }

    private void passes(List<String> command) throws Exception {
        ClientProcess.Outcome outcome = clients.run(command);
        assertThat(outcome.exitCode()).as("%s", outcome).isZero();
    }

    /** Copies the files of a folder, and none that lie deeper. */
    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            files.filter(Files::isRegularFile).forEach(file -> {
                try {
                    Files.copy(file, to.resolve(file.getFileName()));
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                }
            });
        }
    }
}
