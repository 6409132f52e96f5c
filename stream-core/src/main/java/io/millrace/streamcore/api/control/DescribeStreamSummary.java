package io.millrace.streamcore.api.control;

import io.millrace.model.Shard;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamState;
import io.millrace.streamcore.stream.Streams;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Describes a stream without its shards. */
final class DescribeStreamSummary implements Operation {
    private final Streams streams;
    private final StreamAddress address;

    DescribeStreamSummary(Streams streams, StreamAddress address) {
        this.streams = streams;
        this.address = address;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamState state = streams.get(address.stream(input));
        long open = state.shards().stream().filter(Shard::isOpen).count();
        return CompletableFuture.completedFuture(out -> {
            out.start().start("StreamDescriptionSummary");
            StreamAnswers.identity(out, state);
            StreamAnswers.settings(out, state);
            out.number("OpenShardCount", open)
                    .number("ConsumerCount", 0)
                    .number("MaxRecordSizeInKiB", StreamAnswers.MAX_RECORD_KIB)
                    .end()
                    .end();
        });
    }
}
