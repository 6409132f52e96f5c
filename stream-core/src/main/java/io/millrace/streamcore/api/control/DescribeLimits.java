package io.millrace.streamcore.api.control;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.account.AccountState;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Says how many shards and on-demand streams there are and may be. */
final class DescribeLimits implements Operation {
    private final Streams streams;

    DescribeLimits(Streams streams) {
        this.streams = streams;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        AccountState account = streams.account();
        return CompletableFuture.completedFuture(out -> out.start()
                .number("ShardLimit", account.shardLimit())
                .number("OpenShardCount", account.openShards())
                .number("OnDemandStreamCount", account.onDemandStreams())
                .number("OnDemandStreamCountLimit", account.onDemandLimit())
                .number("ChannelCount", 0)
                .number("ChannelCountLimit", 0)
                .end());
    }
}
