package io.millrace.clients.kcl;

import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.apache.ApacheSdkHttpService;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * Uses the SDK's synchronous client: makes a stream, puts records one by one and together, splits and merges, reads all back
 * and prints it, and prints the error of a call that must fail. Argument: the stream.
 */
final class SyncClient {
    private static final int BATCH = 50;
    private static final String MIDDLE = "170141183460469231731687303715884105728";

    private final KinesisClient kinesis;
    private final String stream;

    private SyncClient(KinesisClient kinesis, String stream) {
        this.kinesis = kinesis;
        this.stream = stream;
    }

    public static void main(String[] args) {
        AttributeMap trust = AttributeMap.builder()
                .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true)
                .build();
        try (KinesisClient kinesis = KinesisClient.builder()
                .httpClient(new ApacheSdkHttpService().createHttpClientBuilder().buildWithDefaults(trust))
                .build()) {
            new SyncClient(kinesis, args[0]).run();
        }
    }

    private void run() {
        kinesis.createStream(request -> request.streamName(stream).shardCount(1));
        kinesis.waiter().waitUntilStreamExists(request -> request.streamName(stream));
        put(0);
        kinesis.splitShard(request ->
                request.streamName(stream).shardToSplit("shardId-000000000000").newStartingHashKey(MIDDLE));
        put(BATCH + 1);
        kinesis.mergeShards(request -> request.streamName(stream)
                .shardToMerge("shardId-000000000001")
                .adjacentShardToMerge("shardId-000000000002"));
        put(2 * (BATCH + 1));
        for (Shard shard :
                kinesis.listShards(request -> request.streamName(stream)).shards()) {
            read(shard.shardId());
        }
        failAsExpected();
    }

    /** One record alone, then a batch, all of one key. */
    private void put(int first) {
        PutRecordResponse alone = kinesis.putRecord(
                request -> request.streamName(stream).partitionKey("key").data(data(first)));
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 1; i <= BATCH; i++) {
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("key")
                    .data(data(first + i))
                    .build());
        }
        int failed = kinesis.putRecords(request -> request.streamName(stream).records(entries))
                .failedRecordCount();
        Lines.print("put", "shard", alone.shardId(), "failed", Integer.toString(failed));
    }

    private void read(String shard) {
        String iterator = kinesis.getShardIterator(request ->
                        request.streamName(stream).shardId(shard).shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .shardIterator();
        boolean atTip = false;
        while (iterator != null && !atTip) {
            String from = iterator;
            GetRecordsResponse page = kinesis.getRecords(request -> request.shardIterator(from));
            for (Record record : page.records()) {
                Lines.print(
                        "record",
                        "shard",
                        shard,
                        "key",
                        record.partitionKey(),
                        "data",
                        record.data().asUtf8String());
            }
            atTip = page.records().isEmpty() && page.millisBehindLatest() == 0;
            iterator = page.nextShardIterator();
        }
    }

    private void failAsExpected() {
        try {
            kinesis.describeStreamSummary(request -> request.streamName("missing"));
        } catch (ResourceNotFoundException e) {
            Lines.print(
                    "error",
                    "code",
                    e.awsErrorDetails().errorCode(),
                    "message",
                    e.awsErrorDetails().errorMessage());
        }
    }

    private static SdkBytes data(int index) {
        return SdkBytes.fromUtf8String(Integer.toString(index));
    }
}
