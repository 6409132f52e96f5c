package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.Worker;
import io.millrace.consumer.mapping.OnFailure;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.multilang.MultilangDaemon;
import io.millrace.multilang.child.ChildListener;
import io.millrace.multilang.settings.DaemonSettings;
import io.millrace.multilang.settings.PropertiesText;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.StreamServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * Lambda handlers, unmodified, on the real server: one table of cases for the same handler in Python and for Node.js. Each case has a
 * stream and a worker of its own; what its function was called with is what Lambda's documentation says.
 */
@Timeout(180)
class LambdaTest {
    private static final StaticCredentialsProvider KEY =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));

    /**
     * A case.
     *
     * @param name of its stream, application and function
     * @param options lines of the settings
     * @param records the data of the stream's records
     * @param calls what the function was called with, in order
     * @param givenUp conditions and sizes of the documents on failure
     */
    private record Case(String name, String options, List<String> records, List<String> calls, List<String> givenUp) {}

    private static final List<Case> CASES = List.of(
            succeeding("batches", "BatchSize = 3", "1,2,3,4,5,6,7", "1,2,3", "4,5,6", "7"),
            succeeding("error", "BatchSize = 2", "a,throw-once,c", "a,throw-once", "a,throw-once", "c"),
            succeeding("exit", "", "a,exit-once", "a,exit-once", "a,exit-once"),
            succeeding("timeout", "Timeout = 1", "a,hang-once", "a,hang-once", "a,hang-once"),
            new Case(
                    "retries",
                    "MaximumRetryAttempts = 1",
                    List.of("a", "throw", "c"),
                    List.of("a,throw,c", "a,throw,c"),
                    List.of("RetryAttemptsExhausted of 3 records after 2")),
            new Case(
                    "bisect",
                    "MaximumRetryAttempts = 1\nBisectBatchOnFunctionError = true",
                    List.of("a", "b", "throw", "d", "e"),
                    List.of("a,b,throw,d,e", "a,b", "throw,d,e", "throw", "throw", "d,e"),
                    List.of("RetryAttemptsExhausted of 1 records after 4")),
            succeeding("partial", reporting(), "a,report-once,c", "a,report-once,c", "report-once,c"),
            succeeding("lowest", reporting(), "a,report-1,report-2,d", "a,report-1,report-2,d", "report-1,report-2,d"),
            succeeding("empty", reporting(), "a,empty-once", "a,empty-once", "a,empty-once"),
            succeeding("null", reporting(), "a,null-once", "a,null-once", "a,null-once"),
            succeeding("badkey", reporting(), "a,key-once", "a,key-once", "a,key-once"),
            succeeding("unasked", "", "a,report,c", "a,report,c"),
            new Case(
                    "partialbisect",
                    reporting() + "\nMaximumRetryAttempts = 0\nBisectBatchOnFunctionError = true",
                    List.of("a", "report", "c", "d"),
                    List.of("a,report,c,d", "report,c,d", "report", "c,d"),
                    List.of("RetryAttemptsExhausted of 1 records after 3")),
            succeeding(
                    "filter",
                    "BatchSize = 2\nFilterCriteria = {\"Filters\":[{\"Pattern\":{\"data\":{\"k\":[{\"numeric\":[\">\",1]}]}}}]}",
                    "{\"k\":1}|none|{\"k\":2}|{\"k\":3}|{\"k\":4}|{\"j\":5}",
                    "{\"k\":2},{\"k\":3}",
                    "{\"k\":4}"),
            succeeding("window", "TumblingWindowInSeconds = 1", "a,b", "a,b with nothing", "final with ab"),
            succeeding(
                    "stateless",
                    "TumblingWindowInSeconds = 1",
                    "stateless-once",
                    "stateless-once with nothing",
                    "stateless-once with nothing",
                    "final with stateless-once"),
            succeeding(
                    "early",
                    "TumblingWindowInSeconds = 900\nBatchSize = 1",
                    "big,c",
                    "big with nothing",
                    "final early with big",
                    "c with nothing"));

    private static Case succeeding(String name, String options, String records, String... calls) {
        return new Case(
                name, options, List.of(records.split(records.contains("|") ? "\\|" : ",")), List.of(calls), List.of());
    }

    private static String reporting() {
        return "FunctionResponseTypes = ReportBatchItemFailures";
    }

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private ClientProcess clients;

    @SuppressWarnings("NullAway.Init") // before each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // before each test
    private DynamoDbLocal tables;

    @SuppressWarnings("NullAway.Init") // before each test
    private KinesisAsyncClient kinesis;

    @SuppressWarnings("NullAway.Init") // before each test
    private DynamoDbAsyncClient dynamoDb;

    @BeforeEach
    void startServices() throws Exception {
        clients = new ClientProcess(folder);
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .start();
        tables = DynamoDbLocal.start(DynamoDbLocal.Settings.inMemory());
        kinesis = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(KEY)
                .build();
        dynamoDb = DynamoDbAsyncClient.builder()
                .endpointOverride(tables.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(KEY)
                .build();
    }

    @AfterEach
    void stopServices() {
        dynamoDb.close();
        kinesis.close();
        tables.close();
        server.close();
    }

    @Test
    void everyCaseIsAsDocumentedInPython() throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
        everyCaseIsAsDocumented("lambda_cases.py");
    }

    @Test
    void everyCaseIsAsDocumentedForNode() throws Exception {
        clients.assumePresent("Node.js", List.of("node", "--version"));
        everyCaseIsAsDocumented("lambda_cases.mjs");
    }

    private void everyCaseIsAsDocumented(String handler) throws Exception {
        Path unused = clients.resource(handler);
        for (Case one : CASES) {
            StreamArn arn = stream(one.name);
            put(one.name, one.records);
            try (Function function = start(one.name, one.options, arn)) {
                function.runUntil(() -> notes(one.name).size() >= one.calls.size()
                        && givenUp(one.name).size() >= one.givenUp.size());
            }
            assertThat(notes(one.name)).as(one.name).isEqualTo(one.calls);
            assertThat(givenUp(one.name)).as(one.name).isEqualTo(one.givenUp);
        }
    }

    /** The first worker ends within the window; what it had gathered is gathered again, and the shard's end closes the window. */
    @Test
    void windowIsBuiltAgainByANewOwnerAndItsShardsEndClosesIt() throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
        Path unused = clients.resource("lambda_cases.py");
        StreamArn arn = stream("moved");
        String options = "TumblingWindowInSeconds = 900";
        put("moved", List.of("a", "b"));
        try (Function first = start("moved", options, arn)) {
            first.runUntil(() -> notes("moved").size() == 1);
        }
        try (Function second = start("moved", options, arn)) {
            second.runUntil(() -> notes("moved").size() == 2);
            put("moved", List.of("c"));
            second.runUntil(() -> notes("moved").size() == 3);
            split("moved");
            second.runUntil(() -> notes("moved").size() == 4);
        }
        put("moved", List.of("d"));
        try (Function third = start("moved", options, arn)) {
            third.runUntil(() -> notes("moved").size() == 5);
        }
        assertThat(notes("moved"))
                .containsExactly(
                        "a,b with nothing", "a,b with nothing", "c with ab", "final with abc", "d with nothing");
    }

    /** Two batches of a shard at once, in a daemon that is a process of its own. */
    @Test
    void daemonRunsAHandlerInParallelAndRefusesOneThatIsNotThere() throws Exception {
        clients.assumePresent("Python", List.of("python3", "--version"));
        Path unused = clients.resource("lambda_cases.py");
        StreamArn arn = stream("whole");
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            numbers.add("n" + i);
        }
        put("whole", numbers);
        Path settings = folder.resolve("whole.properties");
        Files.writeString(settings, settings("whole", "ParallelizationFactor = 2\nBatchSize = 10"));
        try (DaemonRun daemon = DaemonRun.start(folder, Map.of(), settings)) {
            daemon.await(() -> String.join(",", notes("whole")).split(",", -1).length == 100);
            assertThat(new TreeSet<>(List.of(String.join(",", notes("whole")).split(",", -1))))
                    .isEqualTo(new TreeSet<>(numbers));
            assertThat(daemon.living()).hasSize(2);
            daemon.terminate();
            assertThat(daemon.exitCode()).as("%s", daemon).isZero();
            assertThat(daemon.living()).isEmpty();
        }
        Files.writeString(settings, settings("whole", "").replace("lambda_handler", "nobody"));
        try (DaemonRun daemon = DaemonRun.start(folder, Map.of(), settings)) {
            assertThat(daemon.exitCode()).isEqualTo(1);
            assertThat(daemon.errors().strip())
                    .endsWith("handler lambda_cases.nobody cannot be run: module lambda_cases has no function nobody")
                    .doesNotContain("\n");
        }
        assertThat(arn.name()).isEqualTo("whole");
    }

    /** A function at work. */
    private record Function(MultilangDaemon daemon, Worker worker) implements AutoCloseable {
        /** Lets it work until {@code condition} holds; the test's own time limit ends it. */
        void runUntil(BooleanSupplier condition) {
            while (!condition.getAsBoolean()) {
                Thread.onSpinWait();
            }
        }

        @Override
        public void close() {
            worker.close();
            daemon.close();
        }
    }

    private Function start(String name, String options, StreamArn arn) {
        DaemonSettings settings = DaemonSettings.of(
                PropertiesText.parse(settings(name, options).getBytes(StandardCharsets.UTF_8)), List.of());
        MultilangDaemon daemon = MultilangDaemon.ofFunction(
                settings,
                Map.of(new StreamName(name), arn),
                names -> OnFailure.file(folder.resolve(name + ".jsonl"), names),
                ChildListener.NONE,
                new SystemPlatform());
        Worker worker = daemon.worker()
                .kinesisClient(kinesis)
                .dynamoDbClient(dynamoDb)
                .idleTimeBetweenReads(Duration.ofMillis(200))
                .build();
        worker.start();
        return new Function(daemon, worker);
    }

    private String settings(String name, String options) {
        return "handler = lambda_cases.lambda_handler\nCodeUri = " + folder + "\napplicationName = " + name
                + "\nstreamName = " + name + "\nretrievalMode = POLLING\nregionName = us-east-1\nkinesisEndpoint = "
                + server.endpoint() + "\ndynamoDBEndpoint = " + tables.endpoint() + "\n"
                + options.replace("\\", "\\\\") + "\n";
    }

    private StreamArn stream(String name) {
        kinesis.createStream(request -> request.streamName(name).shardCount(1)).join();
        return awaitActive(name);
    }

    private StreamArn awaitActive(String name) {
        while (true) {
            var summary = kinesis.describeStreamSummary(request -> request.streamName(name))
                    .join()
                    .streamDescriptionSummary();
            if (summary.streamStatus() == StreamStatus.ACTIVE) {
                return StreamArn.parse(summary.streamARN());
            }
            Thread.onSpinWait();
        }
    }

    private void put(String name, List<String> records) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < records.size(); i++) {
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("key-" + i)
                    .data(SdkBytes.fromUtf8String(records.get(i)))
                    .build());
        }
        assertThat(kinesis.putRecords(request -> request.streamName(name).records(entries))
                        .join()
                        .failedRecordCount())
                .isZero();
    }

    private void split(String name) {
        var parent = kinesis.listShards(request -> request.streamName(name))
                .join()
                .shards()
                .get(0);
        String middle = new BigInteger(parent.hashKeyRange().endingHashKey())
                .shiftRight(1)
                .toString();
        kinesis.splitShard(request ->
                        request.streamName(name).shardToSplit(parent.shardId()).newStartingHashKey(middle))
                .join();
        StreamArn unused = awaitActive(name);
    }

    private List<String> notes(String name) {
        return lines(folder.resolve(name + ".txt"));
    }

    private List<String> givenUp(String name) {
        return lines(folder.resolve(name + ".jsonl")).stream()
                .map(line -> line.replaceFirst(
                        ".*\"condition\":\"(\\w+)\",\"approximateInvokeCount\":(\\d+)}.*\"batchSize\":(\\d+),.*\"payload\":.*",
                        "$1 of $3 records after $2"))
                .toList();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
