package io.millrace.streamcore.api.input;

import static io.millrace.streamcore.api.input.Members.STREAM_ARN;
import static io.millrace.streamcore.api.input.Members.STREAM_ID;
import static io.millrace.streamcore.api.input.Members.STREAM_NAME;
import static io.millrace.streamcore.api.shape.Member.optional;
import static io.millrace.streamcore.api.shape.Member.required;

import io.millrace.streamcore.api.shape.Shape;
import io.millrace.streamcore.api.shape.Shape.Structure;
import io.millrace.streamcore.api.shape.Shape.Text;
import io.millrace.streamcore.api.shape.Shape.Whole;
import java.util.Map;

/** The inputs of the operations on streams and their shards. */
final class StreamInputs {
    private static final Structure SHARD_FILTER = Structure.of(
            "ShardFilter",
            optional("ShardId", Members.NAME),
            optional("Timestamp", Members.TIME),
            required(
                    "Type",
                    Text.oneOf(
                            "AFTER_SHARD_ID",
                            "AT_TRIM_HORIZON",
                            "FROM_TRIM_HORIZON",
                            "AT_LATEST",
                            "AT_TIMESTAMP",
                            "FROM_TIMESTAMP")));

    private StreamInputs() {}

    static Map<String, Structure> all() {
        return ServiceInputs.named(
                ServiceInputs.input(
                        "CreateStream",
                        optional("MaxRecordSizeInKiB", new Whole(1024, 10_240)),
                        optional("RecordDistributionStrategy", Members.DISTRIBUTION_STRATEGY),
                        optional("ShardCount", new Whole(1, Members.ANY)),
                        optional("StreamModeDetails", Members.MODE),
                        Members.mustHave(STREAM_NAME),
                        Members.TAGS,
                        optional("WarmThroughputMiBps", Members.NATURAL)),
                ServiceInputs.input(
                        "DeleteStream",
                        optional("EnforceConsumerDeletion", new Shape.Flag()),
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME),
                ServiceInputs.input(
                        "ListStreams",
                        optional("ExclusiveStartStreamName", Members.NAME),
                        optional("Limit", Members.PAGE_SIZE),
                        Members.NEXT_TOKEN),
                ServiceInputs.input(
                        "DescribeStream",
                        optional("ExclusiveStartShardId", Members.NAME),
                        optional("Limit", Members.PAGE_SIZE),
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME),
                ServiceInputs.input("DescribeStreamSummary", STREAM_ARN, STREAM_ID, STREAM_NAME),
                ServiceInputs.input("DescribeLimits"),
                ServiceInputs.input(
                        "ListShards",
                        optional("ExclusiveStartShardId", Members.NAME),
                        optional("MaxResults", Members.PAGE_SIZE),
                        Members.NEXT_TOKEN,
                        optional("ShardFilter", SHARD_FILTER),
                        STREAM_ARN,
                        optional("StreamCreationTimestamp", Members.TIME),
                        STREAM_ID,
                        STREAM_NAME),
                ServiceInputs.input(
                        "SplitShard",
                        required("NewStartingHashKey", Members.HASH_KEY),
                        required("ShardToSplit", Members.NAME),
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME),
                ServiceInputs.input(
                        "MergeShards",
                        required("AdjacentShardToMerge", Members.NAME),
                        required("ShardToMerge", Members.NAME),
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME),
                ServiceInputs.input(
                        "UpdateShardCount",
                        required("ScalingType", Text.oneOf("UNIFORM_SCALING")),
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME,
                        required("TargetShardCount", new Whole(1, Members.ANY))));
    }
}
