package io.millrace.streamcore.api.control;

import io.millrace.model.HashKey;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import java.util.concurrent.CompletionStage;

/** Splits an open shard in two. */
final class SplitShard implements Operation {
    private final Streams streams;
    private final StreamAddress address;

    SplitShard(Streams streams, StreamAddress address) {
        this.streams = streams;
        this.address = address;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName stream = address.stream(input);
        ShardId shard = address.shard(stream, input.requiredText("ShardToSplit"));
        return streams.split(stream, shard, hashKey(input.requiredText("NewStartingHashKey")))
                .thenApply(done -> Content.NOTHING);
    }

    /** A key beyond all keys is refused by the same rule, and in the same words, as the highest key. */
    private static HashKey hashKey(String text) {
        try {
            return HashKey.parse(text);
        } catch (IllegalArgumentException tooHigh) {
            return HashKey.MAX;
        }
    }
}
