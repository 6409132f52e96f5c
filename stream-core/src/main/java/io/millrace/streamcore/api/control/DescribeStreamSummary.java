package io.millrace.streamcore.api.control;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamState;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.account.BillingCommitment;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Describes a stream without its shards. */
final class DescribeStreamSummary implements Operation {
    private final Streams streams;
    private final StreamAddress address;
    private final InstantSource clock;

    DescribeStreamSummary(Streams streams, StreamAddress address, InstantSource clock) {
        this.streams = streams;
        this.address = address;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName name = address.stream(input);
        StreamState state = streams.get(name);
        int consumers = streams.consumers().list(name).size();
        return CompletableFuture.completedFuture(out -> {
            out.start().start("StreamDescriptionSummary");
            StreamAnswers.identity(out, state);
            StreamAnswers.settings(out, state);
            out.number("OpenShardCount", state.openShards())
                    .number("ConsumerCount", consumers)
                    .number("MaxRecordSizeInKiB", state.options().maxRecordKib())
                    .number("ChannelCount", 0)
                    .text(
                            "RecordDistributionStrategy",
                            state.options().distribution().name());
            if (state.options().isOnDemand() && hasCommitment()) {
                StreamAnswers.warmThroughput(out, state);
            }
            out.end().end();
        });
    }

    /** Without one nothing can be kept warm, and the service does not speak of it. */
    private boolean hasCommitment() {
        return streams.account().commitment().statusAt(clock.instant()) != BillingCommitment.Status.DISABLED;
    }
}
