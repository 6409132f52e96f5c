package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.house.Checkout;
import io.millrace.systemtests.process.Tables;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * The messages that Amazon's daemon and its client libraries send each other, recorded once, and those of our daemon to children that
 * say the same: every message, key and error name in its place. The slow test runs Amazon's daemon again and compares, or records with
 * {@code -Drecordings.write=true}.
 */
class RecordedMessagesTest {
    private static final Path RECORDINGS =
            Checkout.top().resolve("system-tests/src/test/resources/io/millrace/systemtests/clients/recordings");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private ClientProcess clients;

    @SuppressWarnings("NullAway.Init") // before each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // before each test
    private Tables tables;

    @SuppressWarnings("NullAway.Init") // before each test
    private KinesisAsyncClient kinesis;

    @SuppressWarnings("NullAway.Init") // before each test
    private DynamoDbAsyncClient dynamoDb;

    @SuppressWarnings("NullAway.Init") // before each test
    private Path notes;

    /** The interfaces that users write processors with. */
    enum Client {
        LINES("a script that speaks lines", "python3", "golden_lines.py", ""),
        KCLPY_V1("amazon_kclpy 3.1.3, version 1", "python3", "golden_kclpy.py", "1"),
        KCLPY_V2("amazon_kclpy 3.1.3, version 2", "python3", "golden_kclpy.py", "2"),
        KCLPY_V3("amazon_kclpy 3.1.3, version 3", "python3", "golden_kclpy.py", "3"),
        AWS_KCL_V1("aws-kcl 2.3.2, version 1", "node", "golden_aws_kcl.js", "1"),
        AWS_KCL_V2("aws-kcl 2.3.2, version 2", "node", "golden_aws_kcl.js", "2");

        private final String title;
        private final String interpreter;
        private final String script;
        private final String version;

        Client(String title, String interpreter, String script, String version) {
            this.title = title;
            this.interpreter = interpreter;
            this.script = script;
            this.version = version;
        }

        /** The name of its stream, and of its recording. */
        String stream() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @BeforeEach
    void startServices() throws Exception {
        clients = new ClientProcess(folder);
        clients.assumePresent("Python", List.of("python3", "--version"));
        notes = Files.createDirectory(folder.resolve("golden"));
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .start();
        tables = Tables.open();
        StaticCredentialsProvider keys = StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));
        kinesis = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(keys)
                .build();
        dynamoDb = DynamoDbAsyncClient.builder()
                .endpointOverride(tables.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(keys)
                .build();
    }

    @AfterEach
    void stopServices() {
        dynamoDb.close();
        kinesis.close();
        tables.close();
        server.close();
    }

    /** One daemon with all streams: each child plays the recording of its stream. */
    @Test
    @Timeout(120)
    void ourDaemonSaysWhatAmazonsSaid() throws Exception {
        List<String> streams =
                List.of(Client.values()).stream().map(Client::stream).toList();
        RecordedStory story = new RecordedStory(kinesis, notes, streams);
        story.begin();
        Path properties = settings(
                "python3 " + clients.resource("golden_replay.py"),
                "golden",
                String.join(",", streams),
                "idleTimeBetweenReadsInMillis = 200\nfailoverTimeMillis = 20000");
        Map<String, String> environment = Map.of("GOLDEN", notes.toString(), "RECORDINGS", RECORDINGS.toString());
        try (DaemonRun daemon = DaemonRun.start(folder, environment, properties)) {
            story.go(daemon, this::stealOurs);
        }
        for (Client client : Client.values()) {
            assertThat(Conversations.noted(notes.resolve(client.stream())).text(title(client)))
                    .isEqualTo(recording(client));
        }
    }

    @ParameterizedTest
    @EnumSource(Client.class)
    @Tag("slow")
    @Timeout(240) // Amazon's daemon makes three tables, and looks for leases every second
    void amazonsDaemonStillSaysWhatWasRecorded(Client client) throws Exception {
        Map<String, String> environment = new HashMap<>(
                Map.of("GOLDEN", notes.toString(), "MILLRACE_STREAM", client.stream(), "LC_ALL", "C.UTF-8"));
        if (client.script.equals("golden_kclpy.py")) {
            environment.putAll(AmazonsLibraries.environmentOfPython(clients, folder));
        } else if (client.script.equals("golden_aws_kcl.js")) {
            AmazonsLibraries.installForNode(clients, folder);
        }
        Path unused = clients.resource("golden_rules.py");
        RecordedStory story = new RecordedStory(kinesis, notes, List.of(client.stream()));
        story.begin();
        Path properties = settings(
                String.join(
                        " ",
                        "python3",
                        clients.resource("golden_recorder.py").toString(),
                        client.interpreter,
                        clients.resource(client.script).toString(),
                        client.version),
                client.stream(),
                client.stream(),
                """
                failoverTimeMillis = 5000
                leaseAssignmentIntervalMillis = 1000
                parentShardPollIntervalMillis = 500
                shardSyncIntervalMillis = 1000
                metricsLevel = NONE
                disableWorkerMetrics = true
                shutdownGraceMillis = 20000
                idleTimeBetweenReadsInMillis = 200
                """);
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "-cp",
                ClientProgram.classPathOf(Path.of("benchmarks", "kcl-multilang")),
                "software.amazon.kinesis.multilang.MultiLangDaemon",
                properties.toString());
        try (DaemonRun daemon = DaemonRun.start(folder, environment, command)) {
            story.go(daemon, this::stealAmazons);
        }
        String said = Conversations.noted(notes.resolve(client.stream())).text(title(client));
        if (Boolean.getBoolean("recordings.write")) {
            Files.createDirectories(RECORDINGS);
            Files.writeString(RECORDINGS.resolve(client.stream() + ".txt"), said);
        }
        assertThat(said).isEqualTo(recording(client));
    }

    private static String title(Client client) {
        return "Amazon's MultiLangDaemon 3.1.3 and " + client.title;
    }

    private static String recording(Client client) throws IOException {
        return Files.readString(RECORDINGS.resolve(client.stream() + ".txt"), StandardCharsets.US_ASCII);
    }

    private Path settings(String command, String application, String streams, String more) throws IOException {
        return Files.writeString(
                folder.resolve("daemon.properties"),
                "executableName = " + command + "\napplicationName = " + application + "\nstreamName = " + streams
                        + "\ninitialPositionInStream = TRIM_HORIZON\nretrievalMode = POLLING\n"
                        + "AwsCredentialsProvider = DefaultCredentialsProvider\nregionName = us-east-1\nkinesisEndpoint = "
                        + server.endpoint() + "\ndynamoDBEndpoint = " + tables.endpoint() + "\n" + more + "\n");
    }

    private void stealOurs(String stream, String shard) {
        steal(
                "millrace",
                Map.of(
                        "application",
                        AttributeValue.fromS("golden"),
                        "entity",
                        AttributeValue.fromS("lease#" + stream + "#" + shard)),
                "SET #owner = :thief, ownerRun = :thief ADD epoch :one, revision :one",
                "owner");
    }

    private void stealAmazons(String stream, String shard) {
        steal(
                stream,
                Map.of("leaseKey", AttributeValue.fromS(shard)),
                "SET #owner = :thief ADD leaseCounter :one",
                "leaseOwner");
    }

    private void steal(String table, Map<String, AttributeValue> key, String update, String owner) {
        dynamoDb.updateItem(request -> request.tableName(table)
                        .key(key)
                        .updateExpression(update)
                        .expressionAttributeNames(Map.of("#owner", owner))
                        .expressionAttributeValues(
                                Map.of(":thief", AttributeValue.fromS("thief"), ":one", AttributeValue.fromN("1"))))
                .join();
    }
}
