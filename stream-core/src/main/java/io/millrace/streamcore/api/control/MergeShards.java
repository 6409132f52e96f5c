package io.millrace.streamcore.api.control;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import java.util.concurrent.CompletionStage;

/** Merges two neighbouring open shards into one. */
final class MergeShards implements Operation {
    private final Streams streams;
    private final StreamAddress address;

    MergeShards(Streams streams, StreamAddress address) {
        this.streams = streams;
        this.address = address;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName stream = address.stream(input);
        ShardId shard = address.shard(stream, input.requiredText("ShardToMerge"));
        ShardId adjacent = address.shard(stream, input.requiredText("AdjacentShardToMerge"));
        return streams.merge(stream, shard, adjacent).thenApply(done -> Content.NOTHING);
    }
}
