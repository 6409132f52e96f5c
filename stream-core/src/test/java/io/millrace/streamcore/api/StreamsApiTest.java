package io.millrace.streamcore.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams and their shards, request by request. */
class StreamsApiTest {
    private static final Pattern OPEN =
            Pattern.compile("\"StartingHashKey\":\"(\\d+)\",\"EndingHashKey\":\"(\\d+)\"\\},\"SequenceNumberRange\":"
                    + "\\{\"StartingSequenceNumber\":\"\\d+\"\\}");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void aStreamIsMadeWithEverythingSetAboutIt() throws Exception {
        try (ApiRig rig = new ApiRig(folder)) {
            rig.ok(
                    "CreateStream",
                    "{'StreamName': 's', 'ShardCount': 3, 'Tags': {'a': 'b'}, 'MaxRecordSizeInKiB': 2048,"
                            + " 'StreamModeDetails': {'StreamMode': 'PROVISIONED'}}");
            assertThat(rig.ok("DescribeStreamSummary", "{'StreamName': 's'}"))
                    .contains(
                            "\"StreamStatus\":\"ACTIVE\"",
                            "\"StreamModeDetails\":{\"StreamMode\":\"PROVISIONED\"}",
                            "\"OpenShardCount\":3",
                            "\"ConsumerCount\":0",
                            "\"MaxRecordSizeInKiB\":2048",
                            "\"RecordDistributionStrategy\":\"USER_PARTITION_KEY\"")
                    .doesNotContain("null", "WarmThroughput");
            assertThat(rig.ok("ListTagsForStream", "{'StreamName': 's'}")).contains("{\"Key\":\"a\",\"Value\":\"b\"}");
            rig.ok("CreateStream", "{'StreamName': 'd', 'StreamModeDetails': {'StreamMode': 'ON_DEMAND'}}");
            assertThat(rig.ok("DescribeStreamSummary", "{'StreamName': 'd'}"))
                    .contains("\"OpenShardCount\":4")
                    .doesNotContain("WarmThroughput");
            rig.ok("UpdateAccountSettings", "{'MinimumThroughputBillingCommitment': {'Status': 'ENABLED'}}");
            assertThat(rig.ok("DescribeStreamSummary", "{'StreamName': 'd'}"))
                    .contains("\"WarmThroughput\":{\"TargetMiBps\":0,\"CurrentMiBps\":0}");
            assertThat(rig.ok("DescribeStreamSummary", "{'StreamName': 's'}")).doesNotContain("WarmThroughput");
        }
    }

    @Test
    void createsThatContradictThemselvesAreRefused() throws Exception {
        try (ApiRig rig = new ApiRig(folder)) {
            for (String members : List.of(
                    "'ShardCount': 1, 'StreamModeDetails': {'StreamMode': 'ON_DEMAND'}",
                    "'StreamModeDetails': {'StreamMode': 'PROVISIONED'}",
                    "'ShardCount': 1, 'WarmThroughputMiBps': 1",
                    "'WarmThroughputMiBps': 1, 'StreamModeDetails': {'StreamMode': 'ON_DEMAND'}",
                    "'WarmThroughputMiBps': 2147483647, 'StreamModeDetails': {'StreamMode': 'ON_DEMAND'}",
                    "'ShardCount': 1, 'MaxRecordSizeInKiB': 10241")) {
                assertThat(rig.call("CreateStream", "{'StreamName': 's', " + members + "}")
                                .body())
                        .contains("ValidationException");
            }
            assertThat(rig.call("CreateStream", "{'StreamName': 's', 'ShardCount': 20001}")
                            .body())
                    .contains("LimitExceededException", "would exceed the shard limit");
            assertThat(rig.ok("ListStreams", "{}")).contains("\"StreamNames\":[]");
        }
    }

    @Test
    void streamsAreListedInPagesWithSummaries() throws Exception {
        try (ApiRig rig = new ApiRig(folder)) {
            for (String name : List.of("a", "b", "c")) {
                rig.ok("CreateStream", "{'StreamName': '" + name + "', 'ShardCount': 1}");
            }
            String first = rig.ok("ListStreams", "{'Limit': 2}");
            assertThat(first)
                    .startsWith("{\"StreamNames\":[\"a\",\"b\"],\"HasMoreStreams\":true,\"StreamSummaries\":[{")
                    .contains("\"StreamARN\":\"" + ApiRig.ARN + "b\"", "\"StreamStatus\":\"ACTIVE\"");
            Matcher token = Pattern.compile("\"NextToken\":\"([^\"]+)\"").matcher(first);
            assertThat(token.find()).isTrue();
            assertThat(rig.ok("ListStreams", "{'NextToken': '" + token.group(1) + "'}"))
                    .startsWith("{\"StreamNames\":[\"c\"],\"HasMoreStreams\":false")
                    .doesNotContain("NextToken");
            assertThat(rig.ok("ListStreams", "{'ExclusiveStartStreamName': 'b'}"))
                    .startsWith("{\"StreamNames\":[\"c\"]");
        }
    }

    @Test
    void scalingMakesEvenShardsWhereverItStarts() throws Exception {
        try (ApiRig rig = new ApiRig(folder)) {
            rig.ok("CreateStream", "{'StreamName': 's', 'ShardCount': 3}");
            assertThat(scale(rig, 5))
                    .isEqualTo("{\"StreamName\":\"s\",\"StreamARN\":\"" + ApiRig.ARN
                            + "s\",\"CurrentShardCount\":3,\"TargetShardCount\":5}");
            assertThat(openRanges(rig)).hasSize(5).first().asString().startsWith("0-");
            scale(rig, 3);
            assertThat(openRanges(rig))
                    .containsExactly(
                            "0-113427455640312821154458202477256070484",
                            "113427455640312821154458202477256070485-226854911280625642308916404954512140969",
                            "226854911280625642308916404954512140970-340282366920938463463374607431768211455");
            rig.restart();
            assertThat(openRanges(rig)).hasSize(3);
            assertThat(rig.call("UpdateShardCount", scaleTo(7)).body())
                    .contains(
                            "InvalidArgumentException",
                            "UpdateShardCount cannot scale up over double your current open shard count.");
            assertThat(rig.call("UpdateShardCount", scaleTo(1)).body())
                    .contains("InvalidArgumentException", "cannot scale down below half");
        }
    }

    @Test
    void scalingIsAllowedTenTimesADayAlsoAcrossARestart() throws Exception {
        try (ApiRig rig = new ApiRig(folder)) {
            rig.ok("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            for (int i = 0; i < 10; i++) {
                scale(rig, 1 + i % 2);
                if (i == 5) {
                    rig.restart();
                }
            }
            assertThat(rig.call("UpdateShardCount", scaleTo(1)).body())
                    .contains("LimitExceededException", "10 times within 24 hours");
        }
    }

    @Test
    void statesAreSeenForTheTransitionTime() throws Exception {
        try (ApiRig rig = new ApiRig(folder, settings -> settings.withTransitionTime(Duration.ofHours(1)))) {
            rig.ok("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            assertThat(rig.ok("DescribeStream", "{'StreamName': 's'}"))
                    .contains("\"StreamStatus\":\"CREATING\"", "\"Shards\":[]");
            for (String call : List.of(
                    "SplitShard {'StreamName': 's', 'ShardToSplit': '0', 'NewStartingHashKey': '10'}",
                    "UpdateShardCount " + scaleTo(2),
                    "IncreaseStreamRetentionPeriod {'StreamName': 's', 'RetentionPeriodHours': 48}",
                    "EnableEnhancedMonitoring {'StreamName': 's', 'ShardLevelMetrics': ['ALL']}",
                    "UpdateMaxRecordSize {'StreamARN': '" + ApiRig.ARN + "s', 'MaxRecordSizeInKiB': 2048}",
                    "StartStreamEncryption {'StreamName': 's', 'EncryptionType': 'KMS', 'KeyId': 'k'}",
                    "ListShards {'StreamName': 's'}")) {
                int blank = call.indexOf(' ');
                assertThat(rig.call(call.substring(0, blank), call.substring(blank))
                                .body())
                        .as(call)
                        .contains("ResourceInUseException", "not ACTIVE, instead in state CREATING");
            }
            assertThat(rig.call("PutRecord", "{'StreamName': 's', 'PartitionKey': 'k', 'Data': ''}")
                            .body())
                    .contains("ResourceNotFoundException");
            rig.ok("AddTagsToStream", "{'StreamName': 's', 'Tags': {'a': 'b'}}");
            rig.ok("DeleteStream", "{'StreamName': 's', 'EnforceConsumerDeletion': true}");
            assertThat(rig.ok("DescribeStreamSummary", "{'StreamName': 's'}"))
                    .contains("\"StreamStatus\":\"DELETING\"");
            assertThat(rig.call("AddTagsToStream", "{'StreamName': 's', 'Tags': {'a': 'b'}}")
                            .body())
                    .contains("ResourceInUseException");
        }
    }

    @Test
    void theReservedStreamIdIsCheckedAndIgnored() throws Exception {
        try (ApiRig rig = new ApiRig(folder)) {
            rig.ok("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            rig.ok("DescribeStreamSummary", "{'StreamName': 's', 'StreamId': 'abcdefghij0123456789-abc'}");
            assertThat(rig.call("DescribeStreamSummary", "{'StreamName': 's', 'StreamId': 'x'}")
                            .body())
                    .contains("ValidationException", "at 'streamId' failed");
        }
    }

    private static String scale(ApiRig rig, int target) throws Exception {
        return rig.ok("UpdateShardCount", scaleTo(target));
    }

    private static String scaleTo(int target) {
        return "{'StreamName': 's', 'TargetShardCount': " + target + ", 'ScalingType': 'UNIFORM_SCALING'}";
    }

    private static List<String> openRanges(ApiRig rig) throws Exception {
        Matcher open = OPEN.matcher(rig.ok("ListShards", "{'StreamName': 's'}"));
        List<String> ranges = new ArrayList<>();
        while (open.find()) {
            ranges.add(open.group(1) + "-" + open.group(2));
        }
        ranges.sort((a, b) -> new BigInteger(a.split("-", -1)[0]).compareTo(new BigInteger(b.split("-", -1)[0])));
        return ranges;
    }
}
