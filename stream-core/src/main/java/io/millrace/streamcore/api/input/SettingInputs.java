package io.millrace.streamcore.api.input;

import static io.millrace.streamcore.api.input.Members.RESOURCE_ARN;
import static io.millrace.streamcore.api.input.Members.STREAM_ARN;
import static io.millrace.streamcore.api.input.Members.STREAM_ID;
import static io.millrace.streamcore.api.input.Members.STREAM_NAME;
import static io.millrace.streamcore.api.shape.Member.optional;
import static io.millrace.streamcore.api.shape.Member.required;

import io.millrace.streamcore.api.shape.Member;
import io.millrace.streamcore.api.shape.Shape;
import io.millrace.streamcore.api.shape.Shape.Structure;
import io.millrace.streamcore.api.shape.Shape.Text;
import io.millrace.streamcore.api.shape.Shape.Whole;
import java.util.Map;

/** The inputs of the operations that set something about streams, resources and the account. */
final class SettingInputs {
    private static final Member HOURS =
            required("RetentionPeriodHours", new Whole(Integer.MIN_VALUE, Integer.MAX_VALUE));
    private static final Member METRICS = required(
            "ShardLevelMetrics",
            new Shape.ListOf(
                    Text.oneOf(
                            "IncomingBytes",
                            "IncomingRecords",
                            "OutgoingBytes",
                            "OutgoingRecords",
                            "WriteProvisionedThroughputExceeded",
                            "ReadProvisionedThroughputExceeded",
                            "IteratorAgeMilliseconds",
                            "ALL"),
                    1,
                    7));
    private static final Member ENCRYPTION = required("EncryptionType", Members.ENCRYPTION_TYPE);
    private static final Member KEY_ID = required("KeyId", Text.ofLength(1, 2048));
    private static final Member ALL_TAGS = Members.mustHave(Members.TAGS);
    private static final Structure COMMITMENT = Structure.of(
            "MinimumThroughputBillingCommitmentInput", required("Status", Text.oneOf("ENABLED", "DISABLED")));

    private SettingInputs() {}

    static Map<String, Structure> all() {
        return ServiceInputs.named(
                ServiceInputs.input("IncreaseStreamRetentionPeriod", HOURS, STREAM_ARN, STREAM_ID, STREAM_NAME),
                ServiceInputs.input("DecreaseStreamRetentionPeriod", HOURS, STREAM_ARN, STREAM_ID, STREAM_NAME),
                ServiceInputs.input("EnableEnhancedMonitoring", METRICS, STREAM_ARN, STREAM_ID, STREAM_NAME),
                ServiceInputs.input("DisableEnhancedMonitoring", METRICS, STREAM_ARN, STREAM_ID, STREAM_NAME),
                ServiceInputs.input("StartStreamEncryption", ENCRYPTION, KEY_ID, STREAM_ARN, STREAM_ID, STREAM_NAME),
                ServiceInputs.input("StopStreamEncryption", ENCRYPTION, KEY_ID, STREAM_ARN, STREAM_ID, STREAM_NAME),
                ServiceInputs.input(
                        "UpdateStreamMode",
                        Members.mustHave(STREAM_ARN),
                        STREAM_ID,
                        required("StreamModeDetails", Members.MODE),
                        optional("WarmThroughputMiBps", Members.NATURAL)),
                ServiceInputs.input(
                        "UpdateStreamRecordDistributionStrategy",
                        required("RecordDistributionStrategy", Members.DISTRIBUTION_STRATEGY),
                        Members.mustHave(STREAM_ARN),
                        STREAM_ID),
                ServiceInputs.input(
                        "UpdateMaxRecordSize",
                        required("MaxRecordSizeInKiB", new Whole(1024, 10_240)),
                        STREAM_ARN,
                        STREAM_ID),
                ServiceInputs.input(
                        "UpdateStreamWarmThroughput",
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME,
                        required("WarmThroughputMiBps", Members.NATURAL)),
                ServiceInputs.input("AddTagsToStream", STREAM_ARN, STREAM_ID, STREAM_NAME, ALL_TAGS),
                ServiceInputs.input("RemoveTagsFromStream", STREAM_ARN, STREAM_ID, STREAM_NAME, Members.TAG_KEYS),
                ServiceInputs.input(
                        "ListTagsForStream",
                        optional("ExclusiveStartTagKey", Members.TAG_KEY),
                        optional("Limit", new Whole(1, 50)),
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME),
                ServiceInputs.input("TagResource", RESOURCE_ARN, STREAM_ID, ALL_TAGS),
                ServiceInputs.input("UntagResource", RESOURCE_ARN, STREAM_ID, Members.TAG_KEYS),
                ServiceInputs.input("ListTagsForResource", RESOURCE_ARN, STREAM_ID),
                ServiceInputs.input(
                        "PutResourcePolicy",
                        required("Policy", Text.ofLength(0, Members.ANY)),
                        RESOURCE_ARN,
                        STREAM_ID),
                ServiceInputs.input("GetResourcePolicy", RESOURCE_ARN, STREAM_ID),
                ServiceInputs.input("DeleteResourcePolicy", RESOURCE_ARN, STREAM_ID),
                ServiceInputs.input("DescribeAccountSettings"),
                ServiceInputs.input(
                        "UpdateAccountSettings", required("MinimumThroughputBillingCommitment", COMMITMENT)));
    }
}
