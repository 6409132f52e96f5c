package io.millrace.streamcore.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.api.ApiRig.Reply;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is set about streams and the account, request by request. */
class SettingsApiTest {
    private static final String ARN = ApiRig.ARN + "s";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private ApiRig rig;

    @BeforeEach
    void open() throws Exception {
        rig = new ApiRig(folder);
        rig.ok("CreateStream", "{'StreamName': 's', 'ShardCount': 2}");
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void retentionGoesUpAndDownWithinItsBounds() throws Exception {
        rig.ok("IncreaseStreamRetentionPeriod", "{'StreamName': 's', 'RetentionPeriodHours': 8760}");
        assertThat(summary()).contains("\"RetentionPeriodHours\":8760");
        rig.ok("DecreaseStreamRetentionPeriod", "{'StreamARN': '" + ARN + "', 'RetentionPeriodHours': 48}");
        rig.restart();
        assertThat(summary()).contains("\"RetentionPeriodHours\":48");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Increase | 8761 | Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours)"
                        + " is too long.",
                "Increase | 23 | Requested retention period (23 hours) for stream s can not be shorter than existing"
                        + " retention period (24 hours). Use DecreaseRetentionPeriod API.",
                "Decrease | 23 | Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too"
                        + " short.",
                "Decrease | 25 | Requested retention period (25 hours) for stream s can not be longer than existing"
                        + " retention period (24 hours). Use IncreaseRetentionPeriod API."
            })
    void retentionsOutOfPlaceAreRefused(String way, int hours, String text) throws Exception {
        assertRefused(
                way + "StreamRetentionPeriod",
                "{'StreamName': 's', 'RetentionPeriodHours': " + hours + "}",
                "InvalidArgumentException",
                text);
    }

    @Test
    void encryptionIsToldWithEveryPutAndRecord() throws Exception {
        String put = "{'StreamName': 's', 'Data': 'YQ==', 'PartitionKey': 'k', 'ExplicitHashKey': '" + Integer.MAX_VALUE
                + "'}";
        String puts = "{'StreamName': 's', 'Records': [{'Data': 'YQ==', 'PartitionKey': 'k', 'ExplicitHashKey': '"
                + Integer.MAX_VALUE + "'}]}";
        assertThat(rig.ok("PutRecord", put) + rig.ok("PutRecords", puts)).doesNotContain("EncryptionType");
        assertThat(records()).doesNotContain("EncryptionType");

        rig.ok("StartStreamEncryption", "{'StreamName': 's', 'EncryptionType': 'KMS', 'KeyId': 'alias/aws/kinesis'}");
        assertThat(rig.ok("PutRecord", put)).endsWith(",\"EncryptionType\":\"KMS\"}");
        assertThat(rig.ok("PutRecords", puts)).endsWith("],\"EncryptionType\":\"KMS\"}");
        assertThat(records()).contains("\"PartitionKey\":\"k\",\"EncryptionType\":\"KMS\"}]");
    }

    private String records() throws Exception {
        String place = "'StreamName': 's', 'ShardId': '0', 'ShardIteratorType': 'TRIM_HORIZON'";
        String iterator = rig.ok("GetShardIterator", "{" + place + "}").replace('"', '\'');
        return rig.ok("GetRecords", iterator);
    }

    @Test
    void encryptionIsToldByBothDescriptions() throws Exception {
        assertThat(summary()).contains("\"EncryptionType\":\"NONE\"").doesNotContain("KeyId");
        rig.ok("StartStreamEncryption", "{'StreamName': 's', 'EncryptionType': 'KMS', 'KeyId': 'alias/aws/kinesis'}");
        String encrypted = "\"EncryptionType\":\"KMS\",\"KeyId\":\"alias/aws/kinesis\"";
        assertThat(summary()).contains(encrypted);
        assertThat(rig.ok("DescribeStream", "{'StreamName': 's'}")).contains(encrypted);
        rig.ok("StopStreamEncryption", "{'StreamName': 's', 'EncryptionType': 'KMS', 'KeyId': 'alias/aws/kinesis'}");
        assertThat(summary()).contains("\"EncryptionType\":\"NONE\"").doesNotContain("KeyId");
        assertRefused(
                "StartStreamEncryption",
                "{'StreamName': 's', 'EncryptionType': 'NONE', 'KeyId': 'k'}",
                "InvalidArgumentException",
                "EncryptionType must be KMS.");
    }

    @Test
    void monitoringAnswersWhatWasAndWhatWillBe() throws Exception {
        String head = "{\"StreamName\":\"s\",\"StreamARN\":\"" + ARN + "\",";
        assertThat(rig.ok(
                        "EnableEnhancedMonitoring",
                        "{'StreamName': 's', 'ShardLevelMetrics': ['OutgoingBytes', 'IncomingBytes']}"))
                .isEqualTo(head + "\"CurrentShardLevelMetrics\":[],\"DesiredShardLevelMetrics\":[\"IncomingBytes\","
                        + "\"OutgoingBytes\"]}");
        assertThat(rig.ok("DisableEnhancedMonitoring", "{'StreamName': 's', 'ShardLevelMetrics': ['IncomingBytes']}"))
                .isEqualTo(head + "\"CurrentShardLevelMetrics\":[\"IncomingBytes\",\"OutgoingBytes\"],"
                        + "\"DesiredShardLevelMetrics\":[\"OutgoingBytes\"]}");
        assertThat(rig.ok("EnableEnhancedMonitoring", "{'StreamName': 's', 'ShardLevelMetrics': ['ALL']}"))
                .contains("IteratorAgeMilliseconds", "WriteProvisionedThroughputExceeded");
        assertThat(summary()).contains("{\"ShardLevelMetrics\":[\"IncomingBytes\",\"IncomingRecords\"");
        rig.ok("DisableEnhancedMonitoring", "{'StreamName': 's', 'ShardLevelMetrics': ['ALL']}");
        assertThat(summary()).contains("{\"ShardLevelMetrics\":[]}");
    }

    @Test
    void tagsOfStreamsAreAddedListedInPagesAndRemoved() throws Exception {
        rig.ok("AddTagsToStream", "{'StreamName': 's', 'Tags': {'b': '2', 'a': '1', 'c': '', 'B': 'x'}}");
        rig.ok("AddTagsToStream", "{'StreamName': 's', 'Tags': {'a': 'one'}}");
        assertThat(rig.ok("ListTagsForStream", "{'StreamName': 's'}"))
                .isEqualTo("{\"Tags\":[{\"Key\":\"B\",\"Value\":\"x\"},{\"Key\":\"a\",\"Value\":\"one\"},"
                        + "{\"Key\":\"b\",\"Value\":\"2\"},{\"Key\":\"c\",\"Value\":\"\"}],\"HasMoreTags\":false}");
        assertThat(rig.ok("ListTagsForStream", "{'StreamName': 's', 'Limit': 1, 'ExclusiveStartTagKey': 'B'}"))
                .isEqualTo("{\"Tags\":[{\"Key\":\"a\",\"Value\":\"one\"}],\"HasMoreTags\":true}");
        rig.ok("RemoveTagsFromStream", "{'StreamName': 's', 'TagKeys': ['a', 'b', 'unknown']}");
        rig.restart();
        assertThat(rig.ok("ListTagsForResource", "{'ResourceARN': '" + ARN + "'}"))
                .isEqualTo("{\"Tags\":[{\"Key\":\"B\",\"Value\":\"x\"},{\"Key\":\"c\",\"Value\":\"\"}]}");
    }

    @Test
    void tagsOfResourcesAreTheSameTags() throws Exception {
        rig.ok("TagResource", "{'ResourceARN': '" + ARN + "', 'Tags': {'k: e/y': 'v@l=u+e-1'}}");
        assertThat(rig.ok("ListTagsForStream", "{'StreamName': 's'}")).contains("\"Key\":\"k: e/y\"");
        rig.ok("UntagResource", "{'ResourceARN': '" + ARN + "', 'TagKeys': ['k: e/y']}");
        assertThat(rig.ok("ListTagsForResource", "{'ResourceARN': '" + ARN + "'}"))
                .isEqualTo("{\"Tags\":[]}");
        assertRefused(
                "TagResource",
                "{'ResourceARN': '" + ARN + "/consumer/c:1', 'Tags': {'k': 'v'}}",
                "ResourceNotFoundException",
                "Consumer " + ARN + "/consumer/c:1 not found.");
    }

    @Test
    void tagsHaveTheirRules() throws Exception {
        String invalid = "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space,"
                + " _ . / = + - % @.";
        assertRefused(
                "AddTagsToStream", "{'StreamName': 's', 'Tags': {'a': '!'}}", "InvalidArgumentException", invalid);
        assertRefused(
                "CreateStream",
                "{'StreamName': 't', 'ShardCount': 1, 'Tags': {'a*': 'b'}}",
                "InvalidArgumentException",
                invalid);
        assertRefused(
                "AddTagsToStream",
                "{'StreamName': 's', 'Tags': {'aws:a': 'b'}}",
                "InvalidArgumentException",
                "Tag keys that begin with aws: are reserved.");
        StringBuilder fifty = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            fifty.append(i == 0 ? "" : ", ").append("'t").append(i).append("': ''");
        }
        rig.ok("AddTagsToStream", "{'StreamName': 's', 'Tags': {" + fifty + "}}");
        rig.ok("AddTagsToStream", "{'StreamName': 's', 'Tags': {" + fifty + "}}");
        assertThat(rig.call("AddTagsToStream", "{'StreamName': 's', 'Tags': {'more': ''}}")
                        .body())
                .contains("InvalidArgumentException", "cannot have more than 50 tags");
        assertThat(rig.call("CreateStream", "{'StreamName': 't', 'ShardCount': 1, 'Tags': {" + fifty + ", 'x': ''}}")
                        .body())
                .contains("InvalidArgumentException", "cannot have more than 50 tags");
    }

    @Test
    void policiesAreKeptAsTheyWereGiven() throws Exception {
        String resource = "{'ResourceARN': '" + ARN + "'";
        assertThat(rig.call("GetResourcePolicy", resource + "}").body()).contains("ResourceNotFoundException");
        rig.ok("PutResourcePolicy", resource + ", 'Policy': '{ \\'Statement\\': [] }'}");
        rig.restart();
        assertThat(rig.ok("GetResourcePolicy", resource + "}")).isEqualTo("{\"Policy\":\"{ \\\"Statement\\\": [] }\"}");
        assertRefused(
                "PutResourcePolicy",
                resource + ", 'Policy': 'no JSON'}",
                "InvalidArgumentException",
                "Policy is not valid: it is not JSON, or has a member twice.");
        assertThat(rig.call(
                                "PutResourcePolicy",
                                resource + ", 'Policy': '{\\'a\\': \\'" + "x".repeat(20_480) + "\\'}'}")
                        .body())
                .contains("LimitExceededException");
        rig.ok("DeleteResourcePolicy", resource + "}");
        assertThat(rig.call("GetResourcePolicy", resource + "}").body()).contains("ResourceNotFoundException");
    }

    @Test
    void consumersHavePoliciesOfTheirOwn() throws Exception {
        String consumer = rig.ok("RegisterStreamConsumer", "{'StreamARN': '" + ARN + "', 'ConsumerName': 'c'}")
                .replaceAll(".*\"ConsumerARN\":\"([^\"]*)\".*", "$1");
        String resource = "{'ResourceARN': '" + consumer + "'";
        assertThat(rig.call("GetResourcePolicy", resource + "}").body()).contains("ResourceNotFoundException");
        rig.ok("PutResourcePolicy", resource + ", 'Policy': '{}'}");
        rig.ok("TagResource", resource + ", 'Tags': {'a': 'b'}}");
        rig.restart();
        assertThat(rig.ok("GetResourcePolicy", resource + "}")).isEqualTo("{\"Policy\":\"{}\"}");
        assertThat(rig.call("GetResourcePolicy", "{'ResourceARN': '" + ARN + "'}")
                        .body())
                .contains("ResourceNotFoundException");
        rig.ok("DeleteResourcePolicy", resource + "}");
        assertThat(rig.call("GetResourcePolicy", resource + "}").body()).contains("ResourceNotFoundException");
        assertThat(rig.call("PutResourcePolicy", resource.replace("/c:", "/d:") + ", 'Policy': '{}'}")
                        .body())
                .contains("ResourceNotFoundException");
    }

    @Test
    void recordsMayBeAsLargeAsTheStreamSays() throws Exception {
        String big = Base64.getEncoder().encodeToString(new byte[(10 << 20) - 1]);
        String put = "{'StreamName': 's', 'PartitionKey': 'k', 'Data': '" + big + "'}";
        assertThat(rig.call("PutRecord", put).body())
                .contains("ValidationException", "Member must have length less than or equal to 1048576");
        rig.ok("UpdateMaxRecordSize", "{'StreamARN': '" + ARN + "', 'MaxRecordSizeInKiB': 10240}");
        assertThat(summary()).contains("\"MaxRecordSizeInKiB\":10240");
        assertThat(rig.ok("PutRecord", put)).contains("SequenceNumber");
        assertThat(rig.call("PutRecord", put.replace("'k'", "'kk'")).body())
                .contains("ValidationException", "Member must have length less than or equal to 10485760");
        rig.ok("UpdateMaxRecordSize", "{'StreamARN': '" + ARN + "', 'MaxRecordSizeInKiB': 1024}");
        assertThat(rig.call(
                                "PutRecords",
                                "{'StreamName': 's', 'Records': [{'PartitionKey': 'k', 'Data': '" + big + "'}]}")
                        .body())
                .contains("at 'records.1.member.data' failed");
        assertRefused(
                "UpdateMaxRecordSize",
                "{'MaxRecordSizeInKiB': 1024}",
                "InvalidArgumentException",
                "StreamARN must be given.");
    }

    @Test
    void theAccountsCommitmentLastsADayAtLeast() throws Exception {
        assertThat(rig.ok("DescribeAccountSettings", "{}"))
                .isEqualTo("{\"MinimumThroughputBillingCommitment\":{\"Status\":\"DISABLED\"}}");
        assertThat(commitment("ENABLED")).contains("\"Status\":\"ENABLED\",\"StartedAt\":", "EarliestAllowedEndAt");
        assertThat(commitment("DISABLED"))
                .contains("\"Status\":\"ENABLED_UNTIL_EARLIEST_ALLOWED_END\"", "\"EndedAt\":");
        rig.restart();
        assertThat(rig.ok("DescribeAccountSettings", "{}"))
                .contains("\"Status\":\"ENABLED_UNTIL_EARLIEST_ALLOWED_END\"");
        assertThat(commitment("ENABLED")).contains("\"Status\":\"ENABLED\"").doesNotContain("EndedAt");
    }

    @Test
    void warmThroughputNeedsAnOnDemandStreamAndTheCommitment() throws Exception {
        String warm = "{'StreamName': 'd', 'WarmThroughputMiBps': 6}";
        assertThat(rig.call("UpdateStreamWarmThroughput", warm.replace("'d'", "'s'"))
                        .body())
                .contains("ValidationException");
        rig.ok("CreateStream", "{'StreamName': 'd', 'StreamModeDetails': {'StreamMode': 'ON_DEMAND'}}");
        assertThat(rig.call("UpdateStreamWarmThroughput", warm).body())
                .contains("ValidationException", "MinimumThroughputBillingCommitment");
        commitment("ENABLED");
        rig.ok("UpdateStreamWarmThroughput", warm);
        assertThat(rig.ok("DescribeStreamSummary", "{'StreamName': 'd'}"))
                .contains("\"OpenShardCount\":6", "\"WarmThroughput\":{\"TargetMiBps\":6,\"CurrentMiBps\":6}");
        assertThat(rig.ok("UpdateStreamWarmThroughput", "{'StreamName': 'd', 'WarmThroughputMiBps': 1}"))
                .isEqualTo("{\"StreamName\":\"d\",\"StreamARN\":\"" + ApiRig.ARN
                        + "d\",\"WarmThroughput\":{\"TargetMiBps\":1,\"CurrentMiBps\":1}}");
        assertThat(rig.call("UpdateStreamWarmThroughput", "{'StreamName': 'd', 'WarmThroughputMiBps': 2147483647}")
                        .body())
                .contains("ValidationException");
        rig.ok(
                "CreateStream",
                "{'StreamName': 'w', 'StreamModeDetails': {'StreamMode': 'ON_DEMAND'}, 'WarmThroughputMiBps': 9}");
        assertThat(rig.ok("DescribeStreamSummary", "{'StreamName': 'w'}")).contains("\"OpenShardCount\":9");
    }

    @Test
    void modesChangeAndOnDemandStreamsRefuseShardOperations() throws Exception {
        String mode = "{'StreamARN': '" + ARN + "', 'StreamModeDetails': {'StreamMode': '%s'}}";
        rig.ok("UpdateStreamMode", mode.formatted("ON_DEMAND"));
        assertThat(summary()).contains("\"StreamMode\":\"ON_DEMAND\"", "\"OpenShardCount\":2");
        for (String call : new String[] {
            "SplitShard {'StreamName': 's', 'ShardToSplit': '0', 'NewStartingHashKey': '10'}",
            "MergeShards {'StreamName': 's', 'ShardToMerge': '0', 'AdjacentShardToMerge': '1'}",
            "UpdateShardCount {'StreamName': 's', 'TargetShardCount': 2, 'ScalingType': 'UNIFORM_SCALING'}"
        }) {
            int blank = call.indexOf(' ');
            assertThat(rig.call(call.substring(0, blank), call.substring(blank)).body())
                    .contains("ValidationException", "ON_DEMAND");
        }
        assertThat(rig.ok("DescribeLimits", "{}"))
                .isEqualTo("{\"ShardLimit\":20000,\"OpenShardCount\":0,\"OnDemandStreamCount\":1,"
                        + "\"OnDemandStreamCountLimit\":50,\"ChannelCount\":0,\"ChannelCountLimit\":0}");
        rig.ok("UpdateStreamMode", mode.formatted("PROVISIONED"));
        rig.ok("UpdateShardCount", "{'StreamName': 's', 'TargetShardCount': 4, 'ScalingType': 'UNIFORM_SCALING'}");
        assertThat(rig.ok("DescribeLimits", "{}")).contains("\"OpenShardCount\":4,\"OnDemandStreamCount\":0");
    }

    private String commitment(String status) throws Exception {
        return rig.ok("UpdateAccountSettings", "{'MinimumThroughputBillingCommitment': {'Status': '" + status + "'}}");
    }

    private String summary() throws Exception {
        return rig.ok("DescribeStreamSummary", "{'StreamName': 's'}");
    }

    private void assertRefused(String operation, String json, String type, String text) throws Exception {
        Reply reply = rig.call(operation, json);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).isEqualTo("{\"__type\":\"" + type + "\",\"message\":\"" + text + "\"}");
    }
}
