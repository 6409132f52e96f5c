package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.process.Tables;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** A stream server in this process, tables, clients of both, and commands that run against them. */
final class LocalStack implements AutoCloseable {
    private static final StaticCredentialsProvider CREDENTIALS =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));

    private final Path folder;
    private final StreamServer server;
    private final Tables tables;
    final KinesisAsyncClient kinesis;
    final DynamoDbAsyncClient dynamoDb;

    LocalStack(Path folder) {
        this(folder, "throttle=0");
    }

    /** The same with a stream server that fails as {@code faults} says. */
    LocalStack(Path folder, String faults) {
        this.folder = folder;
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .faults(faults)
                .start();
        tables = Tables.open();
        kinesis = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .build();
        dynamoDb = DynamoDbAsyncClient.builder()
                .endpointOverride(tables.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .build();
    }

    void createStream(String name, int shards) {
        kinesis.createStream(request -> request.streamName(name).shardCount(shards))
                .join();
    }

    /** Starts a command. */
    CommandRun start(Map<String, String> environment, String... arguments) {
        Map<String, String> all = new HashMap<>(environment);
        all.putAll(endpoints());
        return CommandRun.start(folder, all, "", arguments);
    }

    /** Runs a command to its end in this process. */
    CommandResult run(String... arguments) {
        return CommandResult.of(endpoints(), "", arguments);
    }

    /** Runs a command to its end in this process; it must be this exit code. */
    CommandResult expect(int exitCode, String... arguments) {
        CommandResult result = CommandResult.of(endpoints(), "", arguments);
        assertThat(result.exitCode()).as("%s %s", result.out(), result.err()).isEqualTo(exitCode);
        return result;
    }

    /** The settings that lead commands here. */
    Map<String, String> endpoints() {
        return Map.of(
                "AWS_ENDPOINT_URL_KINESIS", server.endpoint().toString(),
                "AWS_ENDPOINT_URL_DYNAMODB", tables.endpoint().toString());
    }

    /** Runs a command to its end in a process with these settings; it must be this exit code. */
    CommandRun expect(int exitCode, Map<String, String> environment, String... arguments) {
        try (CommandRun run = start(environment, arguments)) {
            assertThat(run.exitCode()).as("%s %s", run.out(), run.err()).isEqualTo(exitCode);
            return run;
        }
    }

    @Override
    public void close() {
        kinesis.close();
        dynamoDb.close();
        tables.close();
        server.close();
    }
}
