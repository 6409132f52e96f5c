package io.millrace.streamcore.stream;

import io.millrace.model.HashKey;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.stream.StreamException.Kind;
import io.millrace.streamcore.stream.quota.Quotas;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the service says when it refuses a call. The texts are the service's own, as they were observed.
 *
 * @param region the region that the texts name
 * @param account the account that the texts name
 */
record Refusals(String region, String account) {
    StreamException streamNotFound(StreamName stream) {
        return new StreamException(
                Kind.RESOURCE_NOT_FOUND, "Stream " + stream + " under account " + account + " not found.");
    }

    StreamException streamExists(StreamName stream) {
        return new StreamException(
                Kind.RESOURCE_IN_USE, "Stream " + stream + " under account " + account + " already exists.");
    }

    StreamException notActive(StreamName stream, StreamState.Status status) {
        return new StreamException(
                Kind.RESOURCE_IN_USE,
                "Stream " + stream + " under account " + account + " not ACTIVE, instead in state " + status);
    }

    StreamException shardNotFound(String shard, StreamName stream) {
        return new StreamException(
                Kind.RESOURCE_NOT_FOUND,
                "Could not find shard " + shard + " in stream " + stream + " under account " + account + ".");
    }

    StreamException shardDoesNotExist(ShardId shard, StreamName stream) {
        return new StreamException(
                Kind.RESOURCE_NOT_FOUND,
                "Shard " + shard + " in stream " + stream + " under account " + account + " does not exist");
    }

    StreamException alreadyClosed(StreamName stream, ShardEntry shard) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "Shard " + shard.id() + " in stream " + stream + " under account " + account
                        + " has already been merged or split, and thus is not eligible for merging or splitting.");
    }

    StreamException badSplitKey(StreamName stream, ShardEntry shard, HashKey key) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "NewStartingHashKey " + key + " used in SplitShard() on shard " + shard.id() + " in stream " + stream
                        + " under account " + account
                        + " is not both greater than one plus the shard's StartingHashKey "
                        + shard.range().start() + " and less than the shard's EndingHashKey "
                        + shard.range().end() + ".");
    }

    StreamException notAdjacent(StreamName stream, ShardEntry shard, ShardEntry adjacent) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "Shards " + shard.id() + " and " + adjacent.id() + " in stream " + stream + " under account " + account
                        + " are not an adjacent pair of shards eligible for merging");
    }

    StreamException shardLimit(int open, int limit, int more) {
        return new StreamException(
                Kind.LIMIT_EXCEEDED,
                "This request would exceed the shard limit for the account " + account + " in " + region
                        + ". Current shard count for the account: " + open + ". Limit: " + limit
                        + ". Number of additional shards that would have resulted from this request: " + more
                        + ". Refer to the AWS Service Limits page"
                        + " (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html)"
                        + " for current limits and how to request higher limits.");
    }

    StreamException onDemand(StreamName stream) {
        return new StreamException(
                Kind.VALIDATION,
                "Stream " + stream + " under account " + account
                        + " is in ON_DEMAND mode: its number of shards follows the load and cannot be changed.");
    }

    StreamException notOnDemand(StreamName stream) {
        return new StreamException(
                Kind.VALIDATION,
                "Stream " + stream + " under account " + account
                        + " is in PROVISIONED mode: warm throughput can be set for streams in ON_DEMAND mode only.");
    }

    StreamException distributionNeedsOnDemand(StreamName stream) {
        return new StreamException(
                Kind.VALIDATION,
                "Stream " + stream + " under account " + account
                        + " is in PROVISIONED mode: RecordDistributionStrategy AUTO is for streams in ON_DEMAND mode only.");
    }

    StreamException distributionKeepsOnDemand(StreamName stream) {
        return new StreamException(
                Kind.VALIDATION,
                "Stream " + stream + " under account " + account
                        + " has RecordDistributionStrategy AUTO, which needs ON_DEMAND mode. Set USER_PARTITION_KEY first.");
    }

    StreamException tooWarm(int mibps) {
        return new StreamException(
                Kind.VALIDATION,
                "WarmThroughputMiBps is at most " + StreamOptions.MAX_WARM_MIBPS + ", not " + mibps + ".");
    }

    StreamException noCommitment() {
        return new StreamException(
                Kind.VALIDATION,
                "Warm throughput needs the account " + account
                        + " to have MinimumThroughputBillingCommitment enabled (UpdateAccountSettings).");
    }

    StreamException onDemandLimit(int limit) {
        return new StreamException(
                Kind.LIMIT_EXCEEDED,
                "At most " + limit + " streams of the account " + account + " can be in ON_DEMAND mode.");
    }

    StreamException scalesTooFar(StreamName stream, boolean isUp, int open, int target) {
        String way = isUp ? "up over double" : "down below half";
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "UpdateShardCount cannot scale " + way + " your current open shard count. Stream " + stream
                        + ", current open shard count: " + open + ", target shard count: " + target);
    }

    StreamException scalesBeyond(StreamName stream, int target, int limit) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "UpdateShardCount cannot give stream " + stream + " under account " + account + " " + target
                        + " shards: at most " + limit + " are possible.");
    }

    StreamException scalesTooOften(StreamName stream, int limit) {
        return new StreamException(
                Kind.LIMIT_EXCEEDED,
                "UpdateShardCount was called for stream " + stream + " under account " + account + " " + limit
                        + " times within 24 hours. Try again later.");
    }

    StreamException hasConsumers(StreamName stream, int count) {
        return new StreamException(
                Kind.RESOURCE_IN_USE,
                "Stream " + stream + " under account " + account + " has " + count
                        + " registered consumers. Deregister them first, or set EnforceConsumerDeletion.");
    }

    StreamException retentionTooShort(int hours) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "Minimum allowed retention period is " + StreamOptions.MIN_RETENTION_HOURS
                        + " hours. Requested retention period (" + hours + " hours) is too short.");
    }

    StreamException retentionTooLong(int hours) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "Maximum allowed retention period is " + StreamOptions.MAX_RETENTION_HOURS
                        + " hours. Requested retention period (" + hours + " hours) is too long.");
    }

    StreamException retentionNotIncreased(StreamName stream, int hours, int current) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "Requested retention period (" + hours + " hours) for stream " + stream
                        + " can not be shorter than existing retention period (" + current
                        + " hours). Use DecreaseRetentionPeriod API.");
    }

    StreamException retentionNotDecreased(StreamName stream, int hours, int current) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "Requested retention period (" + hours + " hours) for stream " + stream
                        + " can not be longer than existing retention period (" + current
                        + " hours). Use IncreaseRetentionPeriod API.");
    }

    /** Refuses tags that would set something, but cannot be read. */
    void checkTags(Map<String, String> tags) {
        try {
            Quotas.check(tags);
        } catch (IllegalArgumentException unreadable) {
            throw new StreamException(Kind.INVALID_ARGUMENT, unreadable.getMessage());
        }
    }

    StreamException tooManyTags(StreamName stream) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "Failed to add tags to stream " + stream + " under account " + account
                        + " because a given stream cannot have more than " + StreamOptions.MAX_TAGS
                        + " tags associated with it.");
    }

    StreamException creatingLimit(int limit) {
        return new StreamException(
                Kind.LIMIT_EXCEEDED,
                "At most " + limit + " streams of the account " + account + " can be in state CREATING at once.");
    }

    StreamException invalidNumber(SequenceNumber number, String operation, ShardId shard, StreamName stream) {
        return new StreamException(Kind.INVALID_ARGUMENT, starting(number, operation, shard, stream) + " is invalid.");
    }

    StreamException numberOfOtherStream(SequenceNumber number, String operation, ShardId shard, StreamName stream) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                starting(number, operation, shard, stream) + " is invalid because it did not come from this stream.");
    }

    StreamException numberOfOtherShard(ShardId encoded, ShardId shard) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "Invalid StartingSequenceNumber. It encodes " + encoded
                        + ", while it was used in a call to a shard with " + shard);
    }

    StreamException timeInFuture(long timeMillis, long nowMillis) {
        return new StreamException(
                Kind.INVALID_ARGUMENT,
                "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: "
                        + timeMillis + ", currentTimestampInMillis: " + nowMillis);
    }

    StreamException consumerNotFound(String consumer, StreamName stream) {
        return new StreamException(
                Kind.RESOURCE_NOT_FOUND,
                "Consumer " + consumer + " under stream " + stream + " and account " + account + " not found.");
    }

    StreamException consumerExists(String consumer, StreamName stream) {
        return new StreamException(
                Kind.RESOURCE_IN_USE,
                "Consumer " + consumer + " under stream " + stream + " already exists for account " + account + ".");
    }

    StreamException consumerLimit(StreamName stream, int limit) {
        return new StreamException(
                Kind.LIMIT_EXCEEDED,
                "Stream " + stream + " under account " + account + " has " + limit
                        + " registered consumers, which is the most it can have.");
    }

    StreamException creatingConsumerLimit(StreamName stream, int limit) {
        return new StreamException(
                Kind.LIMIT_EXCEEDED,
                "Stream " + stream + " under account " + account + " has " + limit
                        + " consumers in state CREATING, which is the most it can have at once.");
    }

    /** What is kept under a key of the catalog means nothing to this version. */
    static StreamException unreadable(Path directory, String key, IllegalArgumentException why) {
        return new StreamException(
                Kind.INTERNAL_FAILURE,
                "the catalog in " + directory + " has an entry " + key + " that cannot be read (" + why.getMessage()
                        + "); a newer server may have written it");
    }

    /** What a client may know of a put that the storage failed; whether a part of it is there is not known. */
    StreamException notStored() {
        return internalFailure("The records could not be stored; try again.");
    }

    StreamException notRead() {
        return internalFailure("The records could not be read; try again.");
    }

    StreamException notChanged() {
        return internalFailure("The change could not be stored; try again.");
    }

    /** For calls of all kinds. */
    StreamException failed() {
        return internalFailure("The server failed; try again.");
    }

    private static StreamException internalFailure(String text) {
        return new StreamException(Kind.INTERNAL_FAILURE, text);
    }

    private String starting(SequenceNumber number, String operation, ShardId shard, StreamName stream) {
        return "StartingSequenceNumber " + number + " used in " + operation + " on shard " + shard + " in stream "
                + stream + " under account " + account;
    }
}
