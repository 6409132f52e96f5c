package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace leases} on applications that ran for real. */
@Timeout(180) // a dozen processes each
class LeasesTest {
    private static final int RECORDS = 50;
    private static final String LINES = String.join(
            "\n", IntStream.range(0, RECORDS).mapToObj(i -> "line " + i).toList());

    @TempDir
    static Path folder;

    private static LocalStack stack;
    private static Map<String, String> environment;

    @BeforeAll
    static void startServer() {
        stack = new LocalStack(folder);
        environment = stack.endpoints();
    }

    @AfterAll
    static void stopServer() {
        stack.close();
    }

    @Test
    void livingApplicationIsShownAndNotResetUnlessForced() {
        expect(0, "", "stream", "create", "shown", "--shards", "2");
        expect(0, LINES, "put", "shown");
        try (CommandRun worker = consume("shown")) {
            worker.awaitOutput(text -> text.lines().count() >= RECORDS);

            assertThat(out("leases")).startsWith("  application ").containsPattern("\n  app-shown +1 +2  shown\n");
            assertThat(out("leases", "--json"))
                    .contains("{\"application\":\"app-shown\",\"workers\":1,\"shards\":2,\"streams\":[\"shown\"]}");
            assertThat(out("leases", "app-shown")).contains("2 leases to process", "1 worker,", "leader one", "moved");
            assertThat(out("leases", "app-shown", "--why"))
                    .contains("leader: one", "owned by one", "planned so: nobody had it")
                    .contains("decided anew from these rows the plan is the same");
            assertThat(out("leases", "app-shown", "--json").lines())
                    .hasSize(1)
                    .first()
                    .asString()
                    .startsWith("{\"application\":\"app-shown\",\"table\":\"millrace\",\"leader\":{\"worker\":\"one#")
                    .contains("\"workers\":[{\"worker\":\"one#", "\"heartbeatMoved\":true", "\"owns\":2")
                    .contains("\"streams\":[{\"stream\":\"shown\"", "\"importing\":false")
                    .contains("\"leases\":[{\"stream\":\"shown\",\"shard\":\"shardId-000000000000\",\"state\":\"OPEN\"")
                    .contains("\"nextFor\":null", "\"checkpoint\":\"SEQUENCE_NUMBER\"");
            watchIsAppendedWhereNobodyWatchesAndEndsWithItsReader();
            watchStaysWithinTheTerminal();
            CommandResult refused =
                    expect(1, "", "leases", "reset", "app-shown", "--to", "trim_horizon", "--all", "--failover", "3");
            assertThat(refused.err()).contains("workers of the application live: one");
            assertThat(refused.out()).isEmpty();

            // Nothing is put, so the worker has nothing to write from which it would learn that it lost its leases.
            assertThat(out("leases", "reset", "app-shown", "--to", "trim_horizon", "--all", "--force")
                            .lines())
                    .hasSize(2)
                    .allMatch(line -> line.endsWith("-> trim_horizon"));
            worker.awaitOutput(text -> text.lines().count() >= 2 * RECORDS);
            leaseIsResetAndKeepsTheNameOfAnOwnerThatHasYetToHearOfIt(worker);
        }
    }

    /** Another worker would take a free lease beside one that is only suspended. */
    private static void leaseIsResetAndKeepsTheNameOfAnOwnerThatHasYetToHearOfIt(CommandRun worker) {
        worker.signal("STOP");
        Map<String, Long> before = epochs();
        out("leases", "reset", "app-shown", "--to", "trim_horizon", "--all", "--force");
        before.replaceAll((shard, epoch) -> epoch + 1);
        assertThat(epochs()).isEqualTo(before);
        assertThat(out("leases", "app-shown", "--json")).doesNotContain("\"owner\":null");
        worker.signal("CONT");
        worker.awaitOutput(text -> text.lines().count() >= 3 * RECORDS);
    }

    private static Map<String, Long> epochs() {
        Pattern lease = Pattern.compile("\"shard\":\"([^\"]*)\",\"state\":\"OPEN\".*?\"epoch\":(\\d+)");
        Map<String, Long> epochs = new HashMap<>();
        lease.matcher(out("leases", "app-shown", "--json"))
                .results()
                .forEach(found -> epochs.put(found.group(1), Long.parseLong(found.group(2))));
        assertThat(epochs).hasSize(2);
        return epochs;
    }

    private static void watchIsAppendedWhereNobodyWatchesAndEndsWithItsReader() {
        try (CommandRun watch =
                CommandRun.startForOneLine(folder, environment, "leases", "app-shown", "--watch", "--json")) {
            assertThat(watch.exitCode()).as(watch.err()).isEqualTo(141);
            assertThat(watch.err()).isEmpty();
        }
        try (CommandRun watch = CommandRun.start(folder, environment, "", "leases", "app-shown", "--watch")) {
            watch.awaitOutput(text -> text.lines()
                            .filter(line -> line.startsWith("app-shown: 2 leases"))
                            .count()
                    >= 2);
            watch.terminate();
            assertThat(watch.exitCode()).isEqualTo(143);
            assertThat(watch.out()).doesNotContain("\u001b");
            assertThat(watch.err()).isEmpty();
        }
    }

    private static void watchStaysWithinTheTerminal() {
        Map<String, String> onTerminal = new HashMap<>(environment);
        onTerminal.putAll(Map.of("MILLRACE_TTY", "12", "MILLRACE_SIZE", "6 40"));
        try (CommandRun watch = CommandRun.startMixed(folder, onTerminal, "leases", "app-shown", "--watch")) {
            // Three lines and the count of the rest, the cursor below them, and the line above that is left.
            String output = watch.awaitOutput(text -> text.split("\u001b\\[4A", -1).length > 2);
            assertThat(output.lines().filter(line -> line.matches("  and \\d+ more lines")))
                    .hasSizeGreaterThan(1);
            assertThat(output.lines().map(line -> line.replaceAll("\u001b\\[[0-9]*[AJ]|\r", "")))
                    .allMatch(line -> line.length() < 40);
        }
    }

    @Test
    void stoppedApplicationIsResetExportedAndImportedUnderAnotherName() {
        expect(0, "", "stream", "create", "moved", "--shards", "2");
        expect(0, LINES, "put", "moved");
        consumeToTheEnd("moved");

        assertThat(out("leases", "export", "app-moved", "--to-kcl-table", "kcl-table", "--failover", "1")
                        .lines())
                .hasSize(2);
        assertThat(expect(1, "", "leases", "export", "app-moved", "--to-kcl-table", "kcl-table", "--failover", "1")
                        .err())
                .contains("--overwrite");
        String[] reimport = {
            "leases", "import", "app-again", "--from-kcl-table", "kcl-table", "--failover", "1", "--stream", "moved"
        };
        String[] dry = java.util.Arrays.copyOf(reimport, reimport.length + 1);
        dry[reimport.length] = "--dry-run";
        assertThat(out(dry).lines()).hasSize(2).allMatch(line -> line.startsWith("would import"));
        assertThat(expect(1, "", "leases", "app-again").err()).contains("there is no application 'app-again'");
        assertThat(out(reimport).lines()).hasSize(2);
        assertThat(expect(1, "", reimport).err()).contains("already, nothing was changed");
        assertThat(checkpoints("app-again")).isEqualTo(checkpoints("app-moved"));

        assertThat(out("leases", "reset", "app-moved", "--to", "trim_horizon", "--all", "--failover", "1")
                        .lines())
                .hasSize(2);
        consumeToTheEnd("moved");
    }

    @Test
    void resetToLatestSkipsWhatWasPutBefore() {
        expect(0, "", "stream", "create", "skipped", "--shards", "1");
        expect(0, LINES, "put", "skipped");
        consumeToTheEnd("skipped");
        expect(0, "skipped\n", "put", "skipped");
        expect(0, "", "leases", "reset", "app-skipped", "--to", "latest", "--all", "--failover", "1");
        expect(0, "seen\n", "put", "skipped");

        try (CommandRun worker = consume("skipped")) {
            assertThat(worker.awaitOutput(text -> text.contains("seen"))).isEqualTo("seen\n");
        }
    }

    @Test
    void resetToTrimHorizonReadsShardsThatNeverHadALease() {
        expect(0, "", "stream", "create", "reread", "--shards", "1");
        expect(0, LINES, "put", "reread");
        expect(0, "", "stream", "split", "reread", "shardId-000000000000");
        // It begins at a moment that only what comes after it shows.
        try (CommandRun producer =
                        CommandRun.start(folder, environment, "new\n".repeat(1_000), "put", "reread", "--rate", "20");
                CommandRun worker = consume("reread", "--from", "latest")) {
            worker.awaitOutput(text -> text.contains("new"));
            producer.terminate();
            worker.terminate();
            assertThat(worker.exitCode()).isZero();
        }
        assertThat(out("leases", "app-reread")).contains("2 leases to process, 0 finished");

        assertThat(out("leases", "reset", "app-reread", "--to", "trim_horizon", "--all", "--failover", "1"))
                .contains("reread/shardId-000000000000: no lease -> trim_horizon");
        try (CommandRun worker = consume("reread", "--from", "latest")) {
            String output = worker.awaitOutput(text -> text.contains("new"));
            assertThat(output.lines().limit(RECORDS))
                    .containsExactlyInAnyOrderElementsOf(LINES.lines().toList());
        }
    }

    @Test
    void streamThatWasMadeAgainIsReadOnceTheApplicationHasForgottenTheOldOne() {
        expect(0, "", "stream", "create", "remade", "--shards", "1");
        expect(0, LINES, "put", "remade");
        consumeToTheEnd("remade");
        expect(0, "", "stream", "create", "neighbour", "--shards", "1");
        expect(0, LINES, "put", "neighbour");
        consumeToTheEnd("neighbour");
        List<String> neighbour = checkpoints("app-neighbour");
        expect(0, "", "stream", "delete", "remade");
        expect(0, "", "stream", "create", "remade", "--shards", "1");
        expect(0, LINES, "put", "remade");
        try (CommandRun refused = consume("remade")) {
            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.err())
                    .contains(
                            "stream remade is not the one this application has read",
                            "`millrace leases delete APP --stream remade`");
        }

        assertThat(out("leases", "delete", "app-remade", "--stream", "remade", "--failover", "1")
                        .lines())
                .hasSize(2)
                .first()
                .asString()
                .startsWith("deleted remade/shardId-000000000000 at ");
        try (CommandRun worker = consume("remade")) {
            worker.awaitOutput(text -> text.lines().count() >= RECORDS);
            CommandResult refused = expect(1, "", "leases", "delete", "app-remade", "--failover", "3");
            assertThat(refused.err()).contains("workers of the application live: one; stop them first");
            assertThat(refused.out()).isEmpty();
            worker.terminate();
            assertThat(worker.exitCode()).as(worker.err()).isZero();
        }

        expect(0, "", "leases", "delete", "app-remade", "--failover", "1");
        assertThat(expect(1, "", "leases", "app-remade").err()).contains("there is no application 'app-remade'");
        assertThat(expect(1, "", "leases", "delete", "app-remade").err())
                .isEqualTo("millrace leases delete: application 'app-remade' has no rows in table 'millrace'\n");
        assertThat(expect(1, "", "leases", "delete", "app-neighbour", "--stream", "remade")
                        .err())
                .contains("application 'app-neighbour' has no rows of stream remade in table 'millrace'");
        assertThat(checkpoints("app-neighbour")).isEqualTo(neighbour).isNotEmpty();
    }

    @Test
    void wrongCommandLinesAndMissingThingsAreToldInOneLine() {
        // The first worker of this class makes the table.
        assertThat(expect(1, "", "leases", "nobody").err())
                .containsPattern("^millrace leases: there is no (application 'nobody' in )?table 'millrace'")
                .hasLineCount(1);
        CommandRun none = CommandRun.start(folder, environment, "", "leases", "nobody", "--table", "none", "--watch");
        assertThat(none.exitCode()).isEqualTo(1);
        assertThat(none.err())
                .isEqualTo("millrace leases: there is no table 'none' at DynamoDB at "
                        + environment.get("AWS_ENDPOINT_URL_DYNAMODB") + " (from AWS_ENDPOINT_URL_DYNAMODB): the first"
                        + " worker of an application makes it; --table names another\n");
        assertThat(expect(1, "", "leases", "--table", "none").err()).contains("there is no table 'none'");
        assertThat(expect(1, "", "leases", "reset", "a", "--to", "latest", "--all", "--table", "none")
                        .err())
                .contains("there is no table 'none'");
        Map<String, String> nowhere = new HashMap<>(environment);
        nowhere.put("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1");
        try (CommandRun run = CommandRun.start(folder, nowhere, "", "leases", "app")) {
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err().lines())
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains("cannot reach DynamoDB at http://127.0.0.1:1", "AWS_ENDPOINT_URL_DYNAMODB");
        }
        assertThat(expect(2, "", "leases", "--why").err()).contains("the application is missing");
        assertThat(expect(2, "", "leases", "delete").err()).contains("APP");
        assertThat(expect(2, "", "leases", "delete", "a", "--stream", "no/name").err())
                .contains("no/name");
        assertThat(expect(2, "", "leases", "reset", "a", "--to", "latest").err())
                .contains("--all");
        assertThat(expect(2, "", "leases", "reset", "a", "--to", "soon", "--all")
                        .err())
                .contains("soon");
        assertThat(expect(1, "", "leases", "import", "a", "--from-kcl-table", "none", "--stream", "s")
                        .err()
                        .lines())
                .hasSize(1)
                .first()
                .asString()
                .contains("there are no leases in a table 'none'");
    }

    private static void consumeToTheEnd(String stream) {
        try (CommandRun worker = consume(stream)) {
            worker.awaitOutput(text -> text.lines().count() >= RECORDS);
            worker.terminate();
            assertThat(worker.exitCode()).as(worker.err()).isZero();
        }
    }

    private static List<String> checkpoints(String application) {
        Pattern checkpoint = Pattern.compile("\"(shard|checkpoint|sequenceNumber|subSequenceNumber)\":[^,]*");
        return checkpoint
                .matcher(out("leases", application, "--json"))
                .results()
                .map(found -> found.group())
                .toList();
    }

    private static CommandRun consume(String stream, String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("consume", stream, "--app", "app-" + stream, "--worker-id", "one", "--failover", "2"));
        arguments.addAll(List.of(more));
        return CommandRun.start(folder, environment, "", arguments.toArray(String[]::new));
    }

    private static String out(String... arguments) {
        return expect(0, "", arguments).out();
    }

    private static CommandResult expect(int exitCode, String input, String... arguments) {
        CommandResult result = CommandResult.of(environment, input, arguments);
        assertThat(result.exitCode()).as("%s", result.err()).isEqualTo(exitCode);
        return result;
    }
}
