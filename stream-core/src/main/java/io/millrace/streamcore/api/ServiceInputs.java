package io.millrace.streamcore.api;

import static io.millrace.streamcore.api.shape.Member.optional;
import static io.millrace.streamcore.api.shape.Member.required;

import io.millrace.streamcore.api.shape.Member;
import io.millrace.streamcore.api.shape.Shape;
import io.millrace.streamcore.api.shape.Shape.Structure;
import io.millrace.streamcore.api.shape.Shape.Text;
import io.millrace.streamcore.api.shape.Shape.Whole;
import java.util.HashMap;
import java.util.Map;

/**
 * What every operation takes: the one place where the service model's constraints stand.
 *
 * <p>Shapes and bounds: the service's public API model of 2013-12-02.
 */
final class ServiceInputs {
    // Shapes.
    private static final int ANY = Integer.MAX_VALUE;
    private static final Text NAME = Text.matching(1, 128, "[a-zA-Z0-9_.-]+");
    private static final Text ARN = Text.matching(1, 2048, "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+");
    private static final Text HASH_KEY = Text.matching(0, ANY, "0|([1-9]\\d{0,38})");
    private static final Text SEQUENCE_NUMBER = Text.matching(0, ANY, "0|([1-9]\\d{0,128})");
    private static final Text PARTITION_KEY = Text.ofLength(1, 256);
    private static final Text PAGE_TOKEN = Text.ofLength(1, 1 << 20);
    private static final Whole PAGE_SIZE = new Whole(1, 10_000);
    private static final Shape.Blob RECORD_DATA = new Shape.Blob(10 << 20);
    private static final Shape.Time TIME = new Shape.Time();
    private static final Shape.MapOf TAGS = new Shape.MapOf(Text.ofLength(1, 128), Text.ofLength(0, 256), 1, 200);
    private static final Structure MODE =
            Structure.of("StreamModeDetails", required("StreamMode", Text.oneOf("PROVISIONED", "ON_DEMAND")));
    private static final Structure SHARD_FILTER = Structure.of(
            "ShardFilter",
            required(
                    "Type",
                    Text.oneOf(
                            "AFTER_SHARD_ID",
                            "AT_TRIM_HORIZON",
                            "FROM_TRIM_HORIZON",
                            "AT_LATEST",
                            "AT_TIMESTAMP",
                            "FROM_TIMESTAMP")),
            optional("ShardId", NAME),
            optional("Timestamp", TIME));
    private static final Text ITERATOR_TYPE =
            Text.oneOf("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP");

    // Members that many operations share.
    private static final Member STREAM_NAME = optional("StreamName", NAME);
    private static final Member STREAM_ARN = optional("StreamARN", ARN);
    private static final Member DATA = required("Data", RECORD_DATA);
    private static final Member KEY = required("PartitionKey", PARTITION_KEY);
    private static final Member EXPLICIT_KEY = optional("ExplicitHashKey", HASH_KEY);

    private static final Structure PUT_RECORDS_ENTRY = Structure.of("PutRecordsRequestEntry", DATA, EXPLICIT_KEY, KEY);

    private final Map<String, Structure> inputs = new HashMap<>();

    private ServiceInputs() {
        addControlOperations();
        addDataOperations();
    }

    /** The input of each operation, by the operation's name. */
    static Map<String, Structure> all() {
        return Map.copyOf(new ServiceInputs().inputs);
    }

    private void addControlOperations() {
        add(
                "CreateStream",
                optional("MaxRecordSizeInKiB", new Whole(1024, 10_240)),
                optional("ShardCount", new Whole(1, ANY)),
                optional("StreamModeDetails", MODE),
                required("StreamName", NAME),
                optional("Tags", TAGS),
                optional("WarmThroughputMiBps", new Whole(0, ANY)));
        add("DeleteStream", optional("EnforceConsumerDeletion", new Shape.Flag()), STREAM_ARN, STREAM_NAME);
        add(
                "ListStreams",
                optional("ExclusiveStartStreamName", NAME),
                optional("Limit", PAGE_SIZE),
                optional("NextToken", PAGE_TOKEN));
        add(
                "DescribeStream",
                optional("ExclusiveStartShardId", NAME),
                optional("Limit", PAGE_SIZE),
                STREAM_ARN,
                STREAM_NAME);
        add("DescribeStreamSummary", STREAM_ARN, STREAM_NAME);
        add(
                "ListShards",
                optional("ExclusiveStartShardId", NAME),
                optional("MaxResults", PAGE_SIZE),
                optional("NextToken", PAGE_TOKEN),
                optional("ShardFilter", SHARD_FILTER),
                STREAM_ARN,
                optional("StreamCreationTimestamp", TIME),
                STREAM_NAME);
        add(
                "SplitShard",
                required("NewStartingHashKey", HASH_KEY),
                required("ShardToSplit", NAME),
                STREAM_ARN,
                STREAM_NAME);
        add(
                "MergeShards",
                required("AdjacentShardToMerge", NAME),
                required("ShardToMerge", NAME),
                STREAM_ARN,
                STREAM_NAME);
    }

    private void addDataOperations() {
        add(
                "PutRecord",
                DATA,
                EXPLICIT_KEY,
                KEY,
                optional("SequenceNumberForOrdering", SEQUENCE_NUMBER),
                STREAM_ARN,
                STREAM_NAME);
        add("PutRecords", required("Records", new Shape.ListOf(PUT_RECORDS_ENTRY, 1, 500)), STREAM_ARN, STREAM_NAME);
        add(
                "GetShardIterator",
                required("ShardId", NAME),
                required("ShardIteratorType", ITERATOR_TYPE),
                optional("StartingSequenceNumber", SEQUENCE_NUMBER),
                STREAM_ARN,
                STREAM_NAME,
                optional("Timestamp", TIME));
        add("GetRecords", optional("Limit", PAGE_SIZE), required("ShardIterator", Text.ofLength(1, 512)), STREAM_ARN);
    }

    private void add(String name, Member... members) {
        inputs.put(name, Structure.of(name + "Input", members));
    }
}
