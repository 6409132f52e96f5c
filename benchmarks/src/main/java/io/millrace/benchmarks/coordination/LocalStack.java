package io.millrace.benchmarks.coordination;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Platform;
import io.millrace.runtime.TemporaryFolder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * {@code millrace server} in an empty folder of its own, on ports of its own, with DynamoDB Local, and clients of both.
 * Belongs to one thread; the clients are safe for any.
 */
public final class LocalStack implements AutoCloseable {
    private static final String TABLE = "millrace";
    private static final long START_SECONDS = 60;

    private final WorkerUnderTest server;
    private final TemporaryFolder folder;
    private final KinesisAsyncClient kinesis;
    private final DynamoDbAsyncClient dynamoDb;
    private final Map<String, String> environment;

    private LocalStack(WorkerUnderTest server, TemporaryFolder folder, int kinesisPort, int dynamoDbPort) {
        this.server = server;
        this.folder = folder;
        StaticCredentialsProvider keys = StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));
        URI streams = URI.create("http://127.0.0.1:" + kinesisPort);
        URI tables = URI.create("http://127.0.0.1:" + dynamoDbPort);
        // One try: a put that was sent twice would look like a record that was processed twice.
        this.kinesis = KinesisAsyncClient.builder()
                .endpointOverride(streams)
                .region(Region.US_EAST_1)
                .credentialsProvider(keys)
                .overrideConfiguration(settings -> settings.retryStrategy(tries -> tries.maxAttempts(1)))
                .build();
        this.dynamoDb = DynamoDbAsyncClient.builder()
                .endpointOverride(tables)
                .region(Region.US_EAST_1)
                .credentialsProvider(keys)
                .build();
        this.environment = Map.of(
                "AWS_REGION", "us-east-1",
                "AWS_ACCESS_KEY_ID", "local",
                "AWS_SECRET_ACCESS_KEY", "local",
                "AWS_ENDPOINT_URL_KINESIS", streams.toString(),
                "AWS_ENDPOINT_URL_DYNAMODB", tables.toString());
    }

    /** Starts both in a new folder inside {@code place} and waits until they serve. */
    public static LocalStack start(Path place, Path launcher, Platform platform, Platform.BlockingTasks threads)
            throws IOException, InterruptedException {
        TemporaryFolder folder = TemporaryFolder.createIn(place, "millrace-coordination");
        Path log = folder.path().resolve("server.log");
        int kinesisPort = freePort();
        int dynamoDbPort = freePort();
        List<String> command = List.of(
                launcher.toString(),
                "server",
                "--json",
                "--port",
                String.valueOf(kinesisPort),
                "--tls-port",
                "off",
                "--dynamodb-port",
                String.valueOf(dynamoDbPort),
                "--data",
                folder.path().resolve("data").toString());
        CompletableFuture<String> ready = new CompletableFuture<>();
        WorkerUnderTest server = WorkerUnderTest.start(
                new WorkerUnderTest.Start("server", command, Map.of("MILLRACE_JAVA_OPTS", ""), log),
                platform,
                threads,
                ready::complete);
        try {
            String unused = ready.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            server.close();
            String complaint = Files.readString(log);
            folder.close();
            throw new IOException("the server does not start: " + complaint, e);
        }
        return new LocalStack(server, folder, kinesisPort, dynamoDbPort);
    }

    /** A client of its stream server. */
    public KinesisAsyncClient kinesis() {
        return kinesis;
    }

    /** What points a worker here. */
    public Map<String, String> environment() {
        return environment;
    }

    /** A file for what a worker says on its standard error. */
    public Path log(String worker) {
        return folder.path().resolve(worker + ".log");
    }

    /** Makes a stream and waits until it takes records. */
    public void createStream(String name, int shards) {
        kinesis.createStream(request -> request.streamName(name).shardCount(shards))
                .join();
        awaitActive(name);
    }

    void awaitActive(String name) {
        StreamStatus status = StreamStatus.CREATING;
        while (status != StreamStatus.ACTIVE) {
            status = kinesis.describeStreamSummary(request -> request.streamName(name))
                    .join()
                    .streamDescriptionSummary()
                    .streamStatus();
        }
    }

    /** The name of the worker that leads. */
    String leader(String application) {
        Map<String, AttributeValue> key =
                Map.of("application", AttributeValue.fromS(application), "entity", AttributeValue.fromS("leader"));
        Map<String, AttributeValue> row = dynamoDb.getItem(
                        request -> request.tableName(TABLE).consistentRead(true).key(key))
                .join()
                .item();
        String leader = requireNonNull(row.get("leader"), "leader").s();
        return leader.substring(0, leader.lastIndexOf('#'));
    }

    void deleteTable() {
        if (dynamoDb.listTables().join().tableNames().contains(TABLE)) {
            var unused =
                    dynamoDb.deleteTable(request -> request.tableName(TABLE)).join();
        }
    }

    @Override
    public void close() {
        kinesis.close();
        dynamoDb.close();
        server.terminate();
        try {
            server.awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        folder.close();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
