package io.millrace.streamcore.api.call;

import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.stream.StreamOptions;
import io.millrace.streamcore.stream.StreamState;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Writes the structures that several answers share. */
public final class StreamAnswers {
    private StreamAnswers() {}

    /** The shards of a listing. */
    public static void shards(AnswerWriter out, List<Shard> shards) throws IOException {
        out.startList("Shards");
        for (Shard shard : shards) {
            shard(out, shard);
        }
        out.endList();
    }

    private static void shard(AnswerWriter out, Shard shard) throws IOException {
        out.start().text("ShardId", shard.id().value());
        List<ShardId> parents = shard.parents();
        if (!parents.isEmpty()) {
            out.text("ParentShardId", parents.get(0).value());
        }
        if (parents.size() > 1) {
            out.text("AdjacentParentShardId", parents.get(1).value());
        }
        hashKeyRange(out, shard.hashKeyRange());
        out.start("SequenceNumberRange")
                .text(
                        "StartingSequenceNumber",
                        shard.sequenceNumbers().starting().toString());
        Optional<SequenceNumber> ending = shard.sequenceNumbers().ending();
        if (ending.isPresent()) {
            out.text("EndingSequenceNumber", ending.get().toString());
        }
        out.end().end();
    }

    /** The children of a shard that ended. */
    public static void childShards(AnswerWriter out, List<ChildShard> children) throws IOException {
        out.startList("ChildShards");
        for (ChildShard child : children) {
            out.start().text("ShardId", child.id().value());
            out.startList("ParentShards");
            for (ShardId parent : child.parents()) {
                out.text(parent.value());
            }
            out.endList();
            hashKeyRange(out, child.hashKeyRange());
            out.end();
        }
        out.endList();
    }

    private static void hashKeyRange(AnswerWriter out, HashKeyRange range) throws IOException {
        out.start("HashKeyRange")
                .text("StartingHashKey", range.start().toString())
                .text("EndingHashKey", range.end().toString())
                .end();
    }

    /** What every description of a stream begins with. */
    public static void identity(AnswerWriter out, StreamState state) throws IOException {
        out.text("StreamName", state.name().value())
                .text("StreamARN", state.arn())
                .text("StreamStatus", state.status().name())
                .time("StreamCreationTimestamp", state.created())
                .start("StreamModeDetails")
                .text("StreamMode", state.options().mode().name())
                .end();
    }

    /** The settings of a stream, the same in both descriptions. */
    public static void settings(AnswerWriter out, StreamState state) throws IOException {
        StreamOptions options = state.options();
        out.number("RetentionPeriodHours", options.retentionHours())
                .startList("EnhancedMonitoring")
                .start();
        metrics(out, "ShardLevelMetrics", options.shardMetrics());
        out.end().endList().text("EncryptionType", options.keyId().isPresent() ? "KMS" : "NONE");
        if (options.keyId().isPresent()) {
            out.text("KeyId", options.keyId().get());
        }
    }

    /** How records that were put are encrypted; of those that are not, the service says nothing. */
    public static void encryption(AnswerWriter out, boolean isEncrypted) throws IOException {
        if (isEncrypted) {
            out.text("EncryptionType", "KMS");
        }
    }

    /** A list of metrics by the names of the API. */
    public static void metrics(AnswerWriter out, String member, Set<StreamOptions.Metric> metrics) throws IOException {
        out.startList(member);
        for (StreamOptions.Metric metric : metrics) {
            out.text(metric.apiName());
        }
        out.endList();
    }

    /** What an on-demand stream is kept ready for, and how much of that it is. */
    public static void warmThroughput(AnswerWriter out, StreamState state) throws IOException {
        int target = state.options().warmMibps();
        // One shard takes 1 MiB/s.
        out.start("WarmThroughput")
                .number("TargetMiBps", target)
                .number("CurrentMiBps", Math.min(target, state.openShards()))
                .end();
    }
}
