package io.millrace.streamcore.api.control;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamChange;
import io.millrace.streamcore.stream.StreamState;
import io.millrace.streamcore.stream.Streams;
import java.util.concurrent.CompletionStage;

/** Splits and merges until a stream has so many shards of equal hash key ranges. */
final class UpdateShardCount implements Operation {
    private final Streams streams;
    private final StreamAddress address;

    UpdateShardCount(Streams streams, StreamAddress address) {
        this.streams = streams;
        this.address = address;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        int target = input.requiredWhole("TargetShardCount");
        return streams.change(address.stream(input), StreamChange.shardCount(target))
                .thenApply(changed -> out -> {
                    StreamState before = changed.before();
                    out.start()
                            .text("StreamName", before.name().value())
                            .text("StreamARN", before.arn())
                            .number("CurrentShardCount", before.openShards())
                            .number("TargetShardCount", target)
                            .end();
                });
    }
}
