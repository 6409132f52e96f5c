package io.millrace.systemtests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.StreamArn;
import io.millrace.streamcore.StreamServer;
import io.millrace.systemtests.process.Tables;
import io.millrace.systemtests.process.Waiting;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * A server of ours, tables, and clients of both, for tests of daemons. Its streams change at once. Belongs to one test, or to one
 * class of them.
 */
final class LocalServices implements AutoCloseable {
    private static final StaticCredentialsProvider KEY =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));

    private final StreamServer server;
    private final Tables tables;
    private final KinesisAsyncClient kinesis;
    private final DynamoDbAsyncClient dynamoDb;

    private LocalServices(StreamServer server, Tables tables) {
        this.server = server;
        this.tables = tables;
        this.kinesis = KinesisAsyncClient.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(KEY)
                .build();
        this.dynamoDb = DynamoDbAsyncClient.builder()
                .endpointOverride(tables.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(KEY)
                .build();
    }

    /** Starts them; the server's files are in {@code folder}. */
    static LocalServices start(Path folder) {
        StreamServer server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .start();
        return new LocalServices(server, Tables.open());
    }

    KinesisAsyncClient kinesis() {
        return kinesis;
    }

    DynamoDbAsyncClient dynamoDb() {
        return dynamoDb;
    }

    /** The lines of a daemon's settings that lead here. */
    String settings() {
        return "regionName = us-east-1\nkinesisEndpoint = " + server.endpoint() + "\ndynamoDBEndpoint = "
                + tables.endpoint() + "\n";
    }

    /** The settings that lead other clients of a daemon's process here. */
    Map<String, String> environment() {
        return Map.of("AWS_ENDPOINT_URL_KINESIS", server.endpoint().toString(), "AWS_REGION", "us-east-1");
    }

    /** Makes a stream. */
    StreamArn create(String stream, int shards) {
        kinesis.createStream(request -> request.streamName(stream).shardCount(shards))
                .join();
        return awaitActive(stream);
    }

    private StreamArn awaitActive(String stream) {
        Waiting.until(() -> kinesis.describeStreamSummary(request -> request.streamName(stream))
                        .join()
                        .streamDescriptionSummary()
                        .streamStatus()
                == StreamStatus.ACTIVE);
        return StreamArn.parse(kinesis.describeStreamSummary(request -> request.streamName(stream))
                .join()
                .streamDescriptionSummary()
                .streamARN());
    }

    /** Puts records with these data, under the key {@code key-} and their place in the list. */
    void put(String stream, List<String> data) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) {
            entries.add(entry("key-" + i, data.get(i)));
        }
        putEntries(stream, entries);
    }

    static PutRecordsRequestEntry entry(String key, String data) {
        return PutRecordsRequestEntry.builder()
                .partitionKey(key)
                .data(SdkBytes.fromUtf8String(data))
                .build();
    }

    void putEntries(String stream, List<PutRecordsRequestEntry> entries) {
        assertThat(kinesis.putRecords(request -> request.streamName(stream).records(entries))
                        .join()
                        .failedRecordCount())
                .isZero();
    }

    /** Splits the first shard in the middle, and returns its id. */
    String split(String stream) {
        var parent = kinesis.listShards(request -> request.streamName(stream))
                .join()
                .shards()
                .get(0);
        String middle = new BigInteger(parent.hashKeyRange().endingHashKey())
                .shiftRight(1)
                .toString();
        kinesis.splitShard(request -> request.streamName(stream)
                        .shardToSplit(parent.shardId())
                        .newStartingHashKey(middle))
                .join();
        StreamArn unused = awaitActive(stream);
        return parent.shardId();
    }

    /** All records of a shard so far. */
    List<Record> records(String stream, String shard) {
        List<Record> all = new ArrayList<>();
        String iterator = kinesis.getShardIterator(request ->
                        request.streamName(stream).shardId(shard).shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .join()
                .shardIterator();
        while (iterator != null) {
            String from = iterator;
            var page =
                    kinesis.getRecords(request -> request.shardIterator(from)).join();
            all.addAll(page.records());
            iterator = page.millisBehindLatest() == 0 ? null : page.nextShardIterator();
        }
        return all;
    }

    @Override
    public void close() {
        dynamoDb.close();
        kinesis.close();
        tables.close();
        server.close();
    }
}
