package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace leases} on applications that ran for real. */
class LeasesTest {
    private static final int RECORDS = 50;
    private static final String LINES = String.join(
            "\n", IntStream.range(0, RECORDS).mapToObj(i -> "line " + i).toList());

    @TempDir
    static Path folder;

    private static CommandRun server;
    private static Map<String, String> environment;

    @BeforeAll
    static void startServer() {
        String data = folder.resolve("data").toString();
        server =
                CommandRun.start(folder, Map.of(), "", "server", "--port", "0", "--dynamodb-port", "0", "--data", data);
        String output = server.awaitOutput(text -> text.contains("AWS_SECRET_ACCESS_KEY"));
        environment = Map.of(
                "AWS_ENDPOINT_URL_KINESIS", exported(output, "AWS_ENDPOINT_URL_KINESIS"),
                "AWS_ENDPOINT_URL_DYNAMODB", exported(output, "AWS_ENDPOINT_URL_DYNAMODB"));
    }

    @AfterAll
    static void stopServer() {
        try (CommandRun stopping = server) {
            stopping.terminate();
            assertThat(stopping.exitCode()).as("%s", stopping.err()).isZero();
        }
    }

    @Test
    void livingApplicationIsShownAndNotResetUnlessForced() {
        expect(0, "", "stream", "create", "shown", "--shards", "2");
        expect(0, LINES, "put", "shown");
        try (CommandRun worker = consume("shown")) {
            worker.awaitOutput(text -> text.lines().count() >= RECORDS);

            assertThat(out("leases", "app-shown", "--failover", "3"))
                    .contains("2 leases to process", "1 workers", "leader one", "open", "moved");
            assertThat(out("leases", "app-shown", "--failover", "3", "--why"))
                    .contains("leader: one", "owned by one", "planned so: nobody had it");
            assertThat(out("leases", "app-shown", "--failover", "3", "--json").lines())
                    .hasSize(5)
                    .allMatch(line -> line.startsWith("{\"kind\":"));
            CommandRun refused =
                    expect(1, "", "leases", "reset", "app-shown", "--to", "trim_horizon", "--all", "--failover", "3");
            assertThat(refused.err()).contains("workers of the application live: one");
            assertThat(refused.out()).isEmpty();
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
    void wrongCommandLinesAndMissingThingsAreToldInOneLine() {
        assertThat(expect(2, "", "leases").err()).contains("the application is missing");
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
        Pattern checkpoint = Pattern.compile("\"shard\":\"[^\"]*\"|\"checkpoint\":\"[^\"]*\"");
        return checkpoint
                .matcher(out("leases", application, "--json"))
                .results()
                .map(found -> found.group())
                .toList();
    }

    private static CommandRun consume(String stream) {
        return CommandRun.start(
                folder,
                environment,
                "",
                "consume",
                stream,
                "--app",
                "app-" + stream,
                "--worker-id",
                "one",
                "--failover",
                "2");
    }

    private static String out(String... arguments) {
        return expect(0, "", arguments).out();
    }

    private static CommandRun expect(int exitCode, String input, String... arguments) {
        try (CommandRun run = CommandRun.start(folder, environment, input, arguments)) {
            assertThat(run.exitCode()).as("%s", run.err()).isEqualTo(exitCode);
            return run;
        }
    }

    private static String exported(String output, String name) {
        Matcher matcher = Pattern.compile(name + "=(\\S+)").matcher(output);
        assertThat(matcher.find()).as(output).isTrue();
        return matcher.group(1);
    }
}
