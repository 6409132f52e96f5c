package io.millrace.streamcore.api.call;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The operations of the service and what kind each is, whether this server has them yet or not.
 *
 * <p>Names: the service's public API model, as the newest SDK has it. Which of them move data: its public list of data events.
 */
public final class ServiceOperations {
    private static final Map<String, Kind> KINDS = kinds();

    private ServiceOperations() {}

    /** The names of all operations. */
    public static Set<String> names() {
        return KINDS.keySet();
    }

    /** What kind the operation of this name is; empty when there is none. */
    public static Optional<Kind> kind(String operation) {
        return Optional.ofNullable(KINDS.get(operation));
    }

    private static Map<String, Kind> kinds() {
        Map<String, Kind> kinds = new HashMap<>();
        add(kinds, Kind.DATA_READ, "GetRecords", "GetShardIterator", "SubscribeToShard");
        add(kinds, Kind.DATA_WRITE, "PutRecord", "PutRecords");
        add(
                kinds,
                Kind.CONTROL_READ,
                "DescribeAccountSettings",
                "DescribeChannel",
                "DescribeLimits",
                "DescribeStream",
                "DescribeStreamConsumer",
                "DescribeStreamSummary",
                "GetResourcePolicy",
                "ListChannels",
                "ListShards",
                "ListStreamConsumers",
                "ListStreams",
                "ListTagsForResource",
                "ListTagsForStream");
        add(
                kinds,
                Kind.CONTROL_WRITE,
                "AddTagsToStream",
                "CreateChannel",
                "CreateStream",
                "DecreaseStreamRetentionPeriod",
                "DeleteChannel",
                "DeleteResourcePolicy",
                "DeleteStream",
                "DeregisterStreamConsumer",
                "DisableEnhancedMonitoring",
                "EnableEnhancedMonitoring",
                "IncreaseStreamRetentionPeriod",
                "MergeShards",
                "PutResourcePolicy",
                "RegisterStreamConsumer",
                "RemoveTagsFromStream",
                "SplitShard",
                "StartStreamEncryption",
                "StopStreamEncryption",
                "TagResource",
                "UntagResource",
                "UpdateAccountSettings",
                "UpdateChannel",
                "UpdateMaxRecordSize",
                "UpdateShardCount",
                "UpdateStreamMode",
                "UpdateStreamRecordDistributionStrategy",
                "UpdateStreamWarmThroughput");
        return Map.copyOf(kinds);
    }

    private static void add(Map<String, Kind> kinds, Kind kind, String... operations) {
        for (String operation : operations) {
            kinds.put(operation, kind);
        }
    }

    /** What an operation touches. */
    public enum Kind {
        /** Reads records. */
        DATA_READ,
        /** Adds records. */
        DATA_WRITE,
        /** Shows streams and what is set about them. */
        CONTROL_READ,
        /** Changes streams or what is set about them. */
        CONTROL_WRITE;

        /** True for what concerns streams rather than records. */
        public boolean isControl() {
            return this == CONTROL_READ || this == CONTROL_WRITE;
        }
    }
}
