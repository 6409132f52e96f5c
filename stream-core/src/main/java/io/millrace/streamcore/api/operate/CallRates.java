package io.millrace.streamcore.api.operate;

import static java.util.Map.entry;
import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.stream.account.Account;
import io.millrace.streamcore.stream.quota.Quotas;
import io.millrace.streamcore.stream.quota.TokenBucket;
import java.util.Map;

/**
 * How often an account may call the operations that are about streams as a whole. The service documents these rates, in
 * calls a second; what is about one stream or shard is limited where the stream is known.
 */
public final class CallRates {
    private static final int FEW = 5;
    private static final Map<String, Integer> PER_SECOND = Map.ofEntries(
            entry("AddTagsToStream", FEW),
            entry("CreateStream", FEW),
            entry("DecreaseStreamRetentionPeriod", FEW),
            entry("DeleteResourcePolicy", FEW),
            entry("DeleteStream", FEW),
            entry("DeregisterStreamConsumer", FEW),
            entry("DescribeAccountSettings", FEW),
            entry("DescribeLimits", 1),
            entry("DescribeStream", 10),
            entry("DescribeStreamConsumer", 20),
            entry("DescribeStreamSummary", 20),
            entry("DisableEnhancedMonitoring", FEW),
            entry("EnableEnhancedMonitoring", FEW),
            entry("GetResourcePolicy", FEW),
            entry("IncreaseStreamRetentionPeriod", FEW),
            entry("ListStreamConsumers", FEW),
            entry("ListStreams", FEW),
            entry("ListTagsForResource", FEW),
            entry("ListTagsForStream", FEW),
            entry("MergeShards", FEW),
            entry("PutResourcePolicy", FEW),
            entry("RegisterStreamConsumer", FEW),
            entry("RemoveTagsFromStream", FEW),
            entry("SplitShard", FEW),
            entry("StartStreamEncryption", FEW),
            entry("StopStreamEncryption", FEW),
            entry("TagResource", FEW),
            entry("UntagResource", FEW),
            entry("UpdateAccountSettings", FEW),
            entry("UpdateMaxRecordSize", FEW),
            entry("UpdateShardCount", 10),
            entry("UpdateStreamMode", FEW),
            entry("UpdateStreamRecordDistributionStrategy", FEW),
            entry("UpdateStreamWarmThroughput", FEW));

    private final Quotas quotas;
    private final Account account;

    /** Rates of this account. */
    public CallRates(Quotas quotas, Account account) {
        this.quotas = requireNonNull(quotas, "quotas");
        this.account = requireNonNull(account, "account");
    }

    /** The operation within its rate; the operation itself if it has none. */
    public Operation in(String name, Operation operation) {
        Integer perSecond = PER_SECOND.get(name);
        if (perSecond == null || !quotas.ofServer().isOn()) {
            return operation;
        }
        TokenBucket calls = quotas.bucketOfAccount(perSecond);
        return input -> {
            if (!calls.tryTake(1)) {
                throw new ApiException(
                        ErrorCode.LIMIT_EXCEEDED, "Rate exceeded for " + name + " under account " + account.id() + ".");
            }
            return operation.run(input);
        };
    }
}
