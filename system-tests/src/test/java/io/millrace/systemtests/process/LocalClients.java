package io.millrace.systemtests.process;

import io.millrace.model.Bytes;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** Clients for servers on this machine, and the few things every test does with them. */
public final class LocalClients {
    private LocalClients() {}

    /** What points the standard clients, ours included, at local servers. */
    public static Map<String, String> environment(int kinesisPort, int dynamoDbPort) {
        return Map.of(
                "AWS_REGION", "us-east-1",
                "AWS_ACCESS_KEY_ID", "local",
                "AWS_SECRET_ACCESS_KEY", "local",
                "AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:" + kinesisPort,
                "AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:" + dynamoDbPort);
    }

    /** A client that tries once: a retry would blur what was acknowledged. */
    public static KinesisAsyncClient kinesisWithoutRetries(int port) {
        return kinesis(port, 1);
    }

    /** A client that tries each call so often. */
    public static KinesisAsyncClient kinesis(int port, int attempts) {
        return kinesis(port, attempts, AwsBasicCredentials.create("local", "local"));
    }

    /** The same with a key. */
    static KinesisAsyncClient kinesis(int port, int attempts, AwsBasicCredentials key) {
        return KinesisAsyncClient.builder()
                .endpointOverride(URI.create("http://127.0.0.1:" + port))
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(key))
                .overrideConfiguration(settings -> settings.retryStrategy(retries -> retries.maxAttempts(attempts)))
                .build();
    }

    /** Makes a stream and waits until it takes records. */
    public static void createStream(KinesisAsyncClient kinesis, String name, int shards) {
        kinesis.createStream(request -> request.streamName(name).shardCount(shards))
                .join();
        awaitActive(kinesis, name);
    }

    /** Waits until the stream may be changed. */
    public static void awaitActive(KinesisAsyncClient kinesis, String name) {
        Waiting.until(() -> kinesis.describeStreamSummary(request -> request.streamName(name))
                        .join()
                        .streamDescriptionSummary()
                        .streamStatus()
                == StreamStatus.ACTIVE);
    }

    /** All records of all shards, each shard in the order the server gives. */
    static List<List<Record>> readAll(KinesisAsyncClient kinesis, String stream) {
        List<List<Record>> all = new ArrayList<>();
        for (Shard shard :
                kinesis.listShards(request -> request.streamName(stream)).join().shards()) {
            all.add(readShard(kinesis, stream, shard.shardId()));
        }
        return all;
    }

    private static List<Record> readShard(KinesisAsyncClient kinesis, String stream, String shard) {
        List<Record> records = new ArrayList<>();
        String iterator = kinesis.getShardIterator(request ->
                        request.streamName(stream).shardId(shard).shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .join()
                .shardIterator();
        while (iterator != null) {
            String from = iterator;
            GetRecordsResponse page =
                    kinesis.getRecords(request -> request.shardIterator(from)).join();
            records.addAll(page.records());
            boolean atTip = page.records().isEmpty() && page.millisBehindLatest() == 0;
            iterator = atTip ? null : page.nextShardIterator();
        }
        return records;
    }

    /** The text in UTF-8. */
    public static SdkBytes utf8(String text) {
        return SdkBytes.fromByteBuffer(Bytes.utf8(text).asByteBuffer());
    }
}
