package io.millrace.systemtests.worker;

import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.pipe.PipeClient;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.process.Tables;
import io.millrace.systemtests.process.Waiting;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** A stream server, tables, and SDK clients of both, for the tests of one class. */
final class Services implements AutoCloseable {
    private static final StaticCredentialsProvider CREDENTIALS =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

    private final StreamServer server;
    private final Tables tables;
    /** What workers read with, as those do that nobody gives a client. */
    private final DirectKinesis direct;

    final KinesisAsyncClient kinesis;
    final DynamoDbAsyncClient dynamoDb;

    Services(Path folder) {
        this(folder, new SystemPlatform());
    }

    /** The same with a server that lives by the clock of {@code platform}. */
    Services(Path folder, Platform platform) {
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder)
                .platform(platform)
                .start();
        tables = Tables.open();
        direct = directAt(server.endpoint());
        kinesis = direct.client();
        dynamoDb = dynamoDbAt(tables.endpoint());
    }

    /** The endpoint of DynamoDB. */
    URI tables() {
        return tables.endpoint();
    }

    /** The endpoint of streams. */
    URI streams() {
        return server.endpoint();
    }

    static DirectKinesis directAt(URI endpoint) {
        return new DirectKinesis(
                KinesisAsyncClient.builder()
                        .endpointOverride(endpoint)
                        .region(Region.US_EAST_1)
                        .credentialsProvider(CREDENTIALS)
                        .overrideConfiguration(DirectKinesis::prepare)
                        .build(),
                DirectKinesis.http(),
                InstantSource.system());
    }

    static DynamoDbAsyncClient dynamoDbAt(URI endpoint) {
        return DynamoDbAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .build();
    }

    /** A client for streams whose calls go past {@code interceptor}. */
    KinesisAsyncClient kinesisWith(ExecutionInterceptor interceptor) {
        return KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .overrideConfiguration(settings -> settings.addExecutionInterceptor(interceptor))
                .build();
    }

    /** A client for streams that holds a pipe for each shard, and whose calls go past {@code interceptors}. */
    KinesisAsyncClient pipes(ExecutionInterceptor... interceptors) {
        return PipeClient.create(settings -> settings.endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .overrideConfiguration(calls -> {
                    PipeClient.limit(calls);
                    List.of(interceptors).forEach(calls::addExecutionInterceptor);
                }));
    }

    /** A client for tables whose calls go past {@code interceptor}. */
    DynamoDbAsyncClient dynamoDbWith(ExecutionInterceptor interceptor) {
        return DynamoDbAsyncClient.builder()
                .endpointOverride(tables.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(CREDENTIALS)
                .overrideConfiguration(settings -> settings.addExecutionInterceptor(interceptor))
                .build();
    }

    /** Makes a stream and waits until it is ACTIVE. */
    void createStream(String name, int shards) throws Exception {
        kinesis.createStream(request -> request.streamName(name).shardCount(shards))
                .get(30, TimeUnit.SECONDS);
        awaitActive(name);
    }

    /** Deletes a stream and waits until it is gone. */
    void deleteStream(String name) throws Exception {
        kinesis.deleteStream(request -> request.streamName(name)).get(30, TimeUnit.SECONDS);
        Waiting.until(() ->
                !kinesis.listStreams().get(30, TimeUnit.SECONDS).streamNames().contains(name));
    }

    void split(String name, String shard, String startingHashKey) throws Exception {
        kinesis.splitShard(
                        request -> request.streamName(name).shardToSplit(shard).newStartingHashKey(startingHashKey))
                .get(30, TimeUnit.SECONDS);
        awaitActive(name);
    }

    void merge(String name, String shard, String adjacent) throws Exception {
        kinesis.mergeShards(
                        request -> request.streamName(name).shardToMerge(shard).adjacentShardToMerge(adjacent))
                .get(30, TimeUnit.SECONDS);
        awaitActive(name);
    }

    /** Puts records numbered {@code from} up to before {@code to}; record n has key {@code n % keys} and text n. */
    void put(String name, int from, int to, int keys) throws Exception {
        for (int start = from; start < to; start += 500) {
            List<PutRecordsRequestEntry> entries = new ArrayList<>();
            for (int n = start; n < Math.min(start + 500, to); n++) {
                entries.add(PutRecordsRequestEntry.builder()
                        .partitionKey("key-" + n % keys)
                        .data(SdkBytes.fromUtf8String(Integer.toString(n)))
                        .build());
            }
            PutRecordsResponse answer = kinesis.putRecords(
                            request -> request.streamName(name).records(entries))
                    .get(30, TimeUnit.SECONDS);
            if (answer.failedRecordCount() > 0) {
                throw new IllegalStateException(answer.failedRecordCount() + " records were not taken");
            }
        }
    }

    /** A worker of these services with short times; the stream is also the application's name. */
    WorkerBuilder worker(String stream, Supplier<RecordProcessor> processors) {
        return workerOf("app-" + stream, processors).stream(stream);
    }

    /** A worker of these services with short times and no stream yet. */
    WorkerBuilder workerOf(String application, Supplier<RecordProcessor> processors) {
        return Worker.builder()
                .application(application)
                .processor(processors)
                .failoverTime(Duration.ofSeconds(2))
                .idleTimeBetweenReads(Duration.ofMillis(50))
                .checkpointInterval(Duration.ofMillis(200))
                .kinesisClient(direct)
                .dynamoDbClient(dynamoDb);
    }

    private void awaitActive(String name) {
        Waiting.until(() -> kinesis.describeStreamSummary(request -> request.streamName(name))
                        .get(30, TimeUnit.SECONDS)
                        .streamDescriptionSummary()
                        .streamStatus()
                == StreamStatus.ACTIVE);
    }

    @Override
    public void close() {
        direct.close();
        dynamoDb.close();
        tables.close();
        server.close();
    }
}
