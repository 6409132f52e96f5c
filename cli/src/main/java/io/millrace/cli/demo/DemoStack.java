package io.millrace.cli.demo;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.runtime.TemporaryFolder;
import io.millrace.streamcore.StreamServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** The demo's own server and DynamoDB Local, on free ports, in a temporary folder that goes with them. Immutable. */
record DemoStack(TemporaryFolder temporary, StreamServer streams, DynamoDbLocal tables) implements AutoCloseable {
    private static final String NO_SECRET = "demo";

    /** A folder for {@link #start}. */
    static TemporaryFolder newFolder() {
        try {
            return TemporaryFolder.create("millrace-demo");
        } catch (IOException e) {
            throw CommandFailure.failed("cannot make a temporary folder: " + e.getMessage(), e);
        }
    }

    /** Starts both; the folder goes when they close. */
    static DemoStack start(TemporaryFolder temporary) {
        Path folder = temporary.path();
        DynamoDbLocal tables = DynamoDbLocal.start(DynamoDbLocal.Settings.persistedIn(folder.resolve("dynamodb")));
        try {
            StreamServer streams =
                    StreamServer.builder().port(0).dataDirectory(folder).start();
            return new DemoStack(temporary, streams, tables);
        } catch (RuntimeException e) {
            tables.close();
            temporary.close();
            throw e;
        }
    }

    /** Where everything is kept. */
    Path folder() {
        return temporary.path();
    }

    /** What a worker process needs to find both. */
    Map<String, String> environment() {
        return Map.of(
                "AWS_ENDPOINT_URL_KINESIS", streams.endpoint().toString(),
                "AWS_ENDPOINT_URL_DYNAMODB", tables.endpoint().toString(),
                "AWS_REGION", Region.US_EAST_1.id(),
                "AWS_ACCESS_KEY_ID", NO_SECRET,
                "AWS_SECRET_ACCESS_KEY", NO_SECRET);
    }

    /** A client for the server; the caller closes it. */
    KinesisAsyncClient kinesis() {
        return KinesisAsyncClient.builder()
                .httpClientBuilder(http())
                .endpointOverride(streams.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(keys())
                .build();
    }

    /** A client for the tables; the caller closes it. */
    DynamoDbAsyncClient dynamoDb() {
        return DynamoDbAsyncClient.builder()
                .httpClientBuilder(http())
                .endpointOverride(tables.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(keys())
                .build();
    }

    /** The threads end with the process: a client that owns its threads takes seconds to close. */
    private static NettyNioAsyncHttpClient.Builder http() {
        return NettyNioAsyncHttpClient.builder()
                .eventLoopGroup(SdkEventLoopGroup.builder().numberOfThreads(2).build());
    }

    private static StaticCredentialsProvider keys() {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(NO_SECRET, NO_SECRET));
    }

    @Override
    public void close() {
        streams.close();
        tables.close();
        temporary.close();
    }
}
