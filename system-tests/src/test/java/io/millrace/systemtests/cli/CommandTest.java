package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180) // many processes each
class CommandTest {
    private static final List<String> LINES =
            IntStream.range(0, 200).mapToObj(i -> "key-" + i % 7 + " line " + i).toList();

    @TempDir
    static Path folder;

    private static CommandRun server;
    private static Map<String, String> environment;

    @BeforeAll
    static void startServer() {
        server = CommandRun.start(
                folder,
                Map.of(),
                "",
                "server",
                "--port",
                "0",
                "--dynamodb-port",
                "0",
                "--data",
                folder.resolve("data").toString());
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
    void whatIsPutIsTailedAndConsumedOnceAndHandedOver() throws IOException {
        expect(0, "", "stream", "create", "round", "--shards", "2");
        Path file = Files.write(folder.resolve("lines"), LINES);
        CommandResult put = expect(0, "", "put", "round", "--file", file.toString(), "--key", "1", "--json");
        assertThat(put.out()).contains("\"records\":200");

        try (CommandRun tail = run("", "tail", "round", "--from", "trim_horizon")) {
            assertThat(tail.awaitOutput(text -> text.lines().count() >= 200).lines())
                    .containsExactlyInAnyOrderElementsOf(LINES);
        }

        Path events = folder.resolve("events");
        String consumed;
        try (CommandRun worker = consume(events)) {
            consumed = worker.awaitOutput(text -> text.lines().count() >= 200);
            worker.terminate();
            assertThat(worker.exitCode()).as(worker.err()).isZero();
            assertThat(worker.out()).isEqualTo(consumed);
        }
        assertThat(consumed.lines().map(CommandTest::data)).containsExactlyInAnyOrderElementsOf(LINES);
        assertThat(Files.readString(events))
                .contains("\"event\":\"started\"", "\"event\":\"lease-taken\"", "\"event\":\"stopped\"");

        // The next run begins where that one stopped: it prints what is put now and nothing else.
        expect(0, "one more\n", "put", "round");
        try (CommandRun worker = consume(events)) {
            String more = worker.awaitOutput(text -> text.contains("\n"));
            assertThat(more.lines().map(CommandTest::data)).containsExactly("one more");
        }
    }

    @Test
    void whatIsPutInAggregatesIsConsumedLineByLine() throws IOException {
        expect(0, "", "stream", "create", "packed", "--shards", "2");
        String lines = String.join("\n", LINES) + "\n";
        assertThat(expect(0, lines, "put", "packed", "--key", "1", "--aggregate", "--json")
                        .out())
                .contains("\"records\":200");
        try (CommandRun worker = run("", "consume", "packed", "--app", "packed", "--from", "trim_horizon", "--json")) {
            String consumed = worker.awaitOutput(text -> text.lines().count() >= 200);
            assertThat(consumed.lines().map(CommandTest::data)).containsExactlyInAnyOrderElementsOf(LINES);
            assertThat(consumed).contains("\"subSequenceNumber\":20,");
        }
    }

    @Test
    void streamsMayBeGivenByTheirArns() throws IOException {
        String arn = "arn:aws:kinesis:us-east-1:000000000000:stream/by-arn";
        expect(0, "", "stream", "create", "by-arn", "--shards", "2");
        assertThat(expect(0, "", "stream", "describe", arn, "--json").out()).contains("by-arn", arn);
        expect(0, "a 1\nb 2\nc 3\n", "put", arn);
        try (CommandRun tail = run("", "tail", arn, "--from", "trim_horizon")) {
            tail.awaitOutput(text -> text.lines().count() >= 3);
        }
        try (CommandRun consume = run("", "consume", arn, "--app", "by-arn")) {
            consume.awaitOutput(text -> text.lines().count() >= 3);
        }
        expect(0, "", "stream", "scale", arn, "--shards", "4");
        String elsewhere = arn.replace("us-east-1", "eu-west-1");
        assertThat(oneLine(1, "stream", "describe", elsewhere))
                .contains("in region eu-west-1", "set AWS_REGION=eu-west-1");
        assertThat(oneLine(1, "tail", elsewhere)).contains("set AWS_REGION=eu-west-1");
        assertThat(oneLine(1, "consume", elsewhere, "--app", "by-arn")).contains("in region eu-west-1", "AWS_REGION");
        assertThat(oneLine(1, "stream", "describe", arn.replace("000000000000", "111122223333")))
                .contains("Stream by-arn under account 111122223333 not found");
        assertThat(oneLine(2, "stream", "create", arn, "--shards", "1")).contains("is made by its name");
        assertThat(oneLine(2, "tail", "arn:aws:kinesis:somewhere")).contains("not the ARN of a stream");
    }

    @Test
    void recordsAreReadByFanOutAsTheConsumerThatTheFlagNames() throws IOException {
        expect(0, "", "stream", "create", "pushed", "--shards", "2");
        expect(0, String.join("\n", LINES) + "\n", "put", "pushed");
        // The word after the flag is the stream.
        try (CommandRun consume = run("", "consume", "--fan-out", "pushed", "--app", "piped")) {
            consume.awaitOutput(text -> text.lines().count() >= LINES.size());
            consume.terminate();
            assertThat(consume.exitCode()).as("%s", consume.err()).isZero();
            assertThat(consume.out().lines()).hasSameSizeAs(LINES);
        }
        try (CommandRun tail = run("", "tail", "pushed", "--from", "trim_horizon", "--fan-out=mine")) {
            tail.awaitOutput(text -> text.lines().count() >= LINES.size());
        }
        String arn = "arn:aws:kinesis:us-east-1:000000000000:stream/pushed/consumer/nobody:1700000000";
        assertThat(oneLine(1, "consume", "pushed", "--app", "piped", "--fan-out=" + arn))
                .contains("there is no consumer " + arn);
        assertThat(oneLine(1, "tail", "pushed", "--fan-out=" + arn)).contains("there is no consumer " + arn);
        assertThat(oneLine(2, "tail", "other", "--fan-out=" + arn)).contains("reads stream pushed alone");
        assertThat(oneLine(2, "consume", "pushed", "other", "--app", "piped", "--fan-out=" + arn))
                .contains("reads stream pushed alone");
    }

    @Test
    void consumeOfSeveralStreamsSaysWhichOneEachRecordIsFrom() throws IOException {
        expect(0, "", "stream", "create", "left", "--shards", "1");
        expect(0, "", "stream", "create", "right", "--shards", "1");
        expect(0, "from the left\n", "put", "left");
        expect(0, "from the right\n", "put", "right");
        Path events = folder.resolve("several");
        try (CommandRun worker =
                run("", "consume", "left", "right", "--app", "several", "--json", "--events", events.toString())) {
            String out = worker.awaitOutput(text -> text.lines().count() >= 2);
            assertThat(out.lines().map(line -> line.substring(0, line.indexOf(',')) + " " + data(line)))
                    .containsExactlyInAnyOrder(
                            "{\"stream\":\"left\" from the left", "{\"stream\":\"right\" from the right");
            worker.terminate();
            assertThat(worker.exitCode()).as(worker.err()).isZero();
        }
        assertThat(Files.readString(events)).contains("\"stream\":\"left\"", "\"stream\":\"right\"");
    }

    @Test
    void consumeOfAStreamThatIsDeletedEndsWithOneLine() {
        expect(0, "", "stream", "create", "passing", "--shards", "2");
        expect(0, "one\n", "put", "passing");
        try (CommandRun worker = CommandRun.startMixed(folder, environment, "consume", "passing", "--app", "passing")) {
            worker.awaitOutput(text -> text.contains("one\n"));
            expect(0, "", "stream", "delete", "passing");
            assertThat(worker.exitCode()).isEqualTo(1);
            assertThat(worker.out().lines())
                    .hasSize(3)
                    .last()
                    .isEqualTo("millrace consume: stream passing was deleted; nothing more to consume");
        }
    }

    @Test
    void reshardingKeepsTheHashRangeCovered() {
        expect(0, "", "stream", "create", "reshard", "--shards", "1");
        expect(0, "", "stream", "split", "reshard", "0");
        expect(0, "", "stream", "split", "reshard", "1");
        assertThat(expect(0, "", "stream", "scale", "reshard", "--shards", "3").err())
                .contains("splitting shardId-")
                .containsPattern("merging shardId-\\d+ and shardId-\\d+ \\(4 of 4\\)");
        CommandResult described = expect(0, "", "stream", "describe", "reshard");
        assertThat(described.out()).startsWith("reshard: ACTIVE, 3 open of");
        assertThat(expect(0, "", "stream", "list").out().lines()).contains("reshard");
        expect(0, "", "stream", "delete", "reshard");
        assertThat(expect(0, "", "stream", "list").out().lines()).doesNotContain("reshard");
    }

    @Test
    void wrongCommandLinesEndWithTwoAndOneLine() {
        assertThat(oneLine(2, "put")).contains("NAME");
        assertThat(oneLine(2, "put", "s", "--nonsense")).contains("--nonsense");
        assertThat(oneLine(2, "tail", "s", "--from", "yesterday")).contains("'yesterday' is none of");
        assertThat(oneLine(2, "tail", "s", "--fan-out=two words")).contains("--fan-out", "not a consumer's name");
        assertThat(oneLine(2, "demo", "--fan-out=two words")).contains("--fan-out", "not a consumer's name");
        assertThat(oneLine(2, "consume", "s", "--app", "two words", "--fan-out"))
                .contains("give fan-out a name");
        assertThat(oneLine(2, "stream", "describe", "no/name")).contains("not a stream name");
        assertThat(oneLine(2, "nosuchcmd")).contains("there is no command 'nosuchcmd'");
        assertThat(oneLine(2, "nosuchcmd", "--help")).contains("there is no command 'nosuchcmd'");
        assertThat(oneLine(2, "put", "s", "--rate", "0")).contains("--rate", "above 0");
        assertThat(oneLine(2, "consume", "s", "--app", "a", "--failover", "0")).contains("--failover", "1 and 86400");
        assertThat(oneLine(2, "consume", "s", "--app", "a", "--failover", "abc"))
                .contains("--failover", "'abc' is not a number of seconds");
        expect(0, "", "stream", "create", "s", "--shards", "1");
        assertThat(oneLine(2, "tail", "s", "--from", "2999-01-01T00:00:00Z")).contains("still to come", "latest");
    }

    @Test
    void daemonTellsWrongSettingsInOneLine() throws IOException {
        Path file = folder.resolve("daemon.properties");
        String daemon = file.toString();
        String good = "executableName = sh run\napplicationName = a\nstreamName = s\n";
        assertThat(oneLine(1, "daemon", daemon)).contains("there is no file " + daemon);
        assertThat(oneLine(1, "daemon", folder.toString())).contains("is a folder");
        assertThat(oneLine(2, "daemon")).contains("FILE");

        Files.write(file, new byte[] {'a', '=', (byte) 0xe4});
        assertThat(oneLine(1, "daemon", daemon)).contains("not UTF-8");
        Files.writeString(file, "applicationName = a");
        assertThat(oneLine(1, "daemon", daemon)).contains("streamName is missing");
        Files.writeString(file, "applicationName = a\nstreamName = s");
        assertThat(oneLine(1, "daemon", daemon)).contains("executableName is missing");
        Files.writeString(file, good + "failoverTimeMilis = 5000");
        assertThat(oneLine(1, "daemon", daemon)).contains("line 4", "failoverTimeMilis", "failoverTimeMillis?");
        Files.writeString(file, good + "maxRecords = many");
        assertThat(oneLine(1, "daemon", daemon)).contains("line 4", "maxRecords", "1 to 10000", "'many'");
        Files.writeString(file, good.replace("sh run", "no-such-program run"));
        assertThat(oneLine(1, "daemon", daemon)).contains("executableName", "'no-such-program'", "PATH");
        assertThat(oneLine(1, "daemon", daemon, "--set", "executableName=./none"))
                .contains("'./none'", "permissions");
        assertThat(oneLine(1, "daemon", daemon, "--set", "timeoutInSeconds=0")).contains("--set", "timeoutInSeconds");
    }

    @Test
    void daemonSaysWhatSettingsMeanAndDoesNothingElse() throws IOException {
        Path file = folder.resolve("checked.properties");
        Files.writeString(
                file,
                "# a comment\nexecutableName = no-such-program\napplicationName = a\nStreamName = s\nmetricsLevel = NONE");

        assertThat(expect(0, "", "daemon", file.toString(), "--check", "--worker-id", "w")
                        .out()
                        .lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("line 2: executableName = no-such-program: "),
                        line -> assertThat(line).startsWith("line 3: applicationName = a: "),
                        line -> assertThat(line).startsWith("line 4: StreamName = s (as streamName): "),
                        line -> assertThat(line).startsWith("line 5: metricsLevel = NONE: has no effect here: "),
                        line -> assertThat(line).startsWith("--worker-id: workerId = w: "));
    }

    @Test
    void envPrintsWhatAShellEvaluates() {
        assertThat(expect(0, "", "env", "--port", "4000", "--dynamodb-port", "off")
                        .out())
                .isEqualTo("""
                        export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:4000
                        export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
                        export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
                        """);
        Map<String, String> settings = Map.of("AWS_REGION", "eu-west-1", "AWS_ACCESS_KEY_ID", "mine");
        try (CommandRun run = CommandRun.start(folder, settings, "", "env")) {
            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.out()).isEqualTo("""
                            export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:4567
                            export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000
                            export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1
                            """);
        }
    }

    @Test
    void theVersionIsThatOfTheBuild() {
        assertThat(expect(0, "", "--version").out()).matches("millrace [0-9]+\\.[0-9]+\\.[0-9]+\\S* \\(Java .*\\)\n");
    }

    @Test
    void aReaderOfTheOutputThatGoesAwayEndsACommandInSilence() {
        expect(0, "", "stream", "create", "head", "--shards", "1");
        expect(0, "a line of some length to fill the pipe with\n".repeat(20_000), "put", "head");
        try (CommandRun tail =
                        CommandRun.startForOneLine(folder, environment, "tail", "head", "--from", "trim_horizon");
                CommandRun consume = CommandRun.startForOneLine(folder, environment, "consume", "head", "--app", "a")) {
            assertThat(tail.exitCode()).as(tail.err()).isEqualTo(141);
            assertThat(tail.err()).isEmpty();
            assertThat(consume.exitCode()).as(consume.err()).isEqualTo(141);
            assertThat(said(consume)).as(consume.err()).hasSize(1);
        }
    }

    @Test
    void anEndpointThatIsNotKinesisOrNotTrustedIsNamedWithWhereItCameFrom() {
        String tables = environment.getOrDefault("AWS_ENDPOINT_URL_DYNAMODB", "");
        assertThat(lastLine(1, Map.of("AWS_ENDPOINT_URL", tables), "stream", "list"))
                .contains("no Kinesis service", tables, "comes from AWS_ENDPOINT_URL:");
        String tls = environment.getOrDefault("AWS_ENDPOINT_URL_KINESIS", "").replace("http:", "https:");
        assertThat(lastLine(1, Map.of("AWS_ENDPOINT_URL_KINESIS", tls), "stream", "list"))
                .contains("certificate of Kinesis at " + tls, "AWS_ENDPOINT_URL_KINESIS", "trustStore");
    }

    @Test
    void whatIsMissingEndsWithOneAndOneLine() {
        assertThat(oneLine(1, "stream", "describe", "nosuch")).contains("nosuch", "not found", "stream list");
        assertThat(oneLine(1, "put", "nosuch", "--file", "/no/such/file")).contains("no such file: /no/such/file");
        assertThat(lastLine(1, environment, "consume", "nosuch", "--app", "a")).contains("nosuch");
    }

    @Test
    void serviceThatIsNotThereIsNamedWithItsEndpoint() throws IOException {
        String nowhere;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nowhere = "http://127.0.0.1:" + socket.getLocalPort();
        }
        assertThat(lastLine(1, Map.of("AWS_ENDPOINT_URL_KINESIS", nowhere), "stream", "list"))
                .contains("cannot reach Kinesis at " + nowhere, "millrace server");
        Map<String, String> noTables = Map.of(
                "AWS_ENDPOINT_URL_KINESIS",
                environment.getOrDefault("AWS_ENDPOINT_URL_KINESIS", ""),
                "AWS_ENDPOINT_URL_DYNAMODB",
                nowhere);
        assertThat(lastLine(1, noTables, "consume", "nosuch", "--app", "a"))
                .contains("cannot reach DynamoDB at " + nowhere);
    }

    @Test
    void portInUseAndFolderInUseAndDamagedFolderAreTold() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            String other = folder.resolve("other").toString();
            assertThat(oneLine(1, "server", "--port", port, "--dynamodb-port", "off", "--data", other))
                    .contains("--port: Cannot listen on port " + port);
            assertThat(oneLine(
                            1, "server", "--port", "0", "--tls-port", port, "--dynamodb-port", "off", "--data", other))
                    .contains("--tls-port: Cannot listen on port " + port);
            assertThat(oneLine(1, "server", "--port", "0", "--dynamodb-port", port, "--data", other))
                    .contains("--dynamodb-port: port " + port, "in use");
        }
        String used = folder.resolve("data").toString();
        assertThat(oneLine(1, "server", "--port", "0", "--dynamodb-port", "off", "--data", used))
                .contains(used);

        Path damaged = Files.createDirectories(folder.resolve("damaged"));
        Path catalog = Files.writeString(damaged.resolve("catalog.log"), "this is no catalog at all".repeat(10));
        assertThat(oneLine(1, "server", "--port", "0", "--dynamodb-port", "off", "--data", damaged.toString()))
                .contains(damaged.toString());
        assertThat(catalog).hasContent("this is no catalog at all".repeat(10));
    }

    @Test
    void serverWhoseFlagsAreWrongStartsNothingAndWritesNothing() {
        Path data = folder.resolve("unwritten");
        assertThat(oneLine(2, "server", "--data", data.toString(), "--faults", "throttle=2"))
                .contains("--faults");
        assertThat(data).doesNotExist();
    }

    @Test
    void whatTheServerRefusesNamesItsFlag() throws IOException {
        assertThat(oneLine(2, "server", "--fsync", "maybe"))
                .contains("'--fsync'", "'maybe' is none of always, interval, never");
        assertThat(oneLine(2, "server", "--region", "Ohio")).contains("'--region'", "'Ohio' is no region such as");
        assertThat(oneLine(2, "server", "--account", "1")).contains("'--account'", "twelve digits");
        assertThat(oneLine(2, "server", "--quotas", "some")).contains("'--quotas'", "'some' is none of off, aws");
        assertThat(oneLine(2, "server", "--transition-time", "soon"))
                .contains("--transition-time", "'soon' is no time such as 500ms, 2s or 0");
        assertThat(oneLine(2, "server", "--faults", "throttle=2"))
                .contains("--faults: cannot read the fault 'throttle=2': a probability is a number from 0 to 1");
        assertThat(oneLine(2, "server", "--log-format", "xml")).contains("'--log-format'", "none of text, json");
        assertThat(oneLine(2, "server", "--port", "4567", "--tls-port", "4567"))
                .contains("--port and --tls-port are both 4567; give two");
        assertThat(oneLine(2, "server", "--tls-port", "8000")).contains("--tls-port and --dynamodb-port are both 8000");
        assertThat(oneLine(2, "server", "--cors", "example.com")).contains("--cors: not an origin: example.com");
        assertThat(oneLine(2, "server", "--server-name", "http://a"))
                .contains("--server-name: not a host name: http://a");
        assertThat(oneLine(2, "server", "--host", "0.0.0.0"))
                .contains("--host 0.0.0.0", "--allow-anonymous", "--credentials");
        assertThat(oneLine(2, "server", "--credentials", "keys.json", "--allow-anonymous"))
                .contains("--credentials verifies everybody, --allow-anonymous nobody: give one of them");
        assertThat(oneLine(2, "server", "--credentials-required"))
                .contains("--credentials-required says what happens without the file of --credentials: give both");
        assertThat(oneLine(2, "server", "--tls-cert", "chain.pem"))
                .contains("--tls-cert and --tls-key belong together");
        Path keys = Files.writeString(folder.resolve("keys.json"), "{\"keys\": [{\"accessKeyId\": 1}]}");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-r--r--"));
        String[] keyed = {
            "server",
            "--port",
            "0",
            "--dynamodb-port",
            "off",
            "--data",
            folder.resolve("keyed").toString(),
            "--credentials",
            keys.toString()
        };
        assertThat(oneLine(1, keyed)).contains("run: chmod 600 " + keys);
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        assertThat(oneLine(1, keyed)).contains(keys + ": line 1: expected 'accessKeyId' to be a text");
        Path file = Files.writeString(folder.resolve("a-file"), "x");
        assertThat(oneLine(1, "server", "--data", file.toString())).contains("--data " + file + " is a file");
        assertThat(oneLine(1, "server", "--data", file.resolve("in").toString()))
                .contains("--data " + file + " is a file");
        assertThat(file).hasContent("x");
    }

    @Test
    void deathOfDynamoDbLocalIsToldAndItIsStartedAgainWhileStreamsAreServed() {
        Path data = folder.resolve("restarts");
        try (CommandRun run = CommandRun.startMixed(
                folder, Map.of(), "server", "--port", "0", "--dynamodb-port", "0", "--data", data.toString())) {
            String output = run.awaitOutput(text -> text.contains("AWS_SECRET_ACCESS_KEY"));
            Map<String, String> local = Map.of(
                    "AWS_ENDPOINT_URL_KINESIS", exported(output, "AWS_ENDPOINT_URL_KINESIS"),
                    "AWS_ENDPOINT_URL_DYNAMODB", exported(output, "AWS_ENDPOINT_URL_DYNAMODB"));
            assertThat(run.children()).hasSize(1);
            run.children().iterator().next().destroyForcibly();
            run.awaitOutput(text -> text.contains("DynamoDB Local ended with exit code 137 (its log: "
                    + data.resolve("dynamodb").resolve("dynamodb-local.log") + ")"));
            try (CommandRun list = CommandRun.start(folder, local, "", "stream", "list")) {
                assertThat(list.exitCode()).as(list.err()).isZero();
            }
            run.awaitOutput(text ->
                    text.contains("DynamoDB Local serves " + local.get("AWS_ENDPOINT_URL_DYNAMODB") + " again"));
            run.terminate();
            assertThat(run.exitCode()).as(run.out()).isZero();
        }
    }

    @Test
    void serverPrintsTheRegionItIsGivenAndItsStreamsHaveItsAccount() {
        Path data = folder.resolve("ireland");
        try (CommandRun run = run(
                "",
                "server",
                "--port",
                "0",
                "--dynamodb-port",
                "off",
                "--data",
                data.toString(),
                "--region",
                "eu-west-1",
                "--account",
                "111122223333")) {
            String output = run.awaitOutput(text -> text.contains("export AWS_ACCESS_KEY_ID"));
            Map<String, String> local = Map.of(
                    "AWS_ENDPOINT_URL_KINESIS",
                    exported(output, "AWS_ENDPOINT_URL_KINESIS"),
                    "AWS_REGION",
                    exported(output, "AWS_REGION"));
            try (CommandRun create = CommandRun.start(folder, local, "", "stream", "create", "s", "--shards", "1");
                    CommandRun describe = awaited(create, local, "stream", "describe", "s", "--json")) {
                assertThat(describe.exitCode()).as(describe.err()).isZero();
                assertThat(describe.out()).contains("arn:aws:kinesis:eu-west-1:111122223333:stream/s");
            }
            run.terminate();
            assertThat(run.exitCode()).as(run.out()).isZero();
        }
    }

    /** A command that starts when another one has ended well. */
    private static CommandRun awaited(CommandRun before, Map<String, String> settings, String... arguments) {
        assertThat(before.exitCode()).as(before.err()).isZero();
        return CommandRun.start(folder, settings, "", arguments);
    }

    @Test
    void helpIsThereForEveryCommand() {
        assertThat(expect(0, "", "--help").out()).contains("demo", "server", "stream", "put", "tail", "consume");
        for (String command : new TreeSet<>(
                List.of("demo", "server", "stream", "put", "tail", "consume", "leases", "env", "daemon"))) {
            assertThat(expect(0, "", command, "--help").out()).contains("Usage: millrace " + command);
        }
    }

    private static CommandRun consume(Path events) {
        return run(
                "",
                "consume",
                "round",
                "--app",
                "cli-test",
                "--failover",
                "3",
                "--json",
                "--events",
                events.toString());
    }

    private static String oneLine(int exitCode, String... arguments) {
        CommandResult run = expect(exitCode, "", arguments);
        assertThat(run.err().lines()).as(run.err()).hasSize(1);
        return run.err();
    }

    /** Notes on the endpoints may come before the error. */
    private static String lastLine(int exitCode, Map<String, String> settings, String... arguments) {
        try (CommandRun run = CommandRun.start(folder, settings, "", arguments)) {
            assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
            assertThat(run.err()).doesNotContain("\tat ");
            List<String> lines = run.err().lines().toList();
            return lines.get(lines.size() - 1);
        }
    }

    private static CommandResult expect(int exitCode, String input, String... arguments) {
        CommandResult result = CommandResult.of(environment, input, arguments);
        assertThat(result.exitCode()).as("%s", result.err()).isEqualTo(exitCode);
        return result;
    }

    private static CommandRun run(String input, String... arguments) {
        return CommandRun.start(folder, environment, input, arguments);
    }

    private static String exported(String output, String name) {
        Matcher matcher = Pattern.compile(name + "=(\\S+)").matcher(output);
        assertThat(matcher.find()).as(output).isTrue();
        return matcher.group(1);
    }

    private static String data(String json) {
        Matcher matcher = Pattern.compile("\"data\":\"([^\"]*)\"").matcher(json);
        assertThat(matcher.find()).as(json).isTrue();
        return new String(Base64.getDecoder().decode(matcher.group(1)), StandardCharsets.UTF_8);
    }

    /** The command's own words: its worker also warns of a table that is slow to answer, as it is on a busy machine. */
    private static List<String> said(CommandRun run) {
        return run.err()
                .lines()
                .filter(line -> !line.contains("has not started yet and tries on"))
                .toList();
    }
}
