package io.millrace.streamcore.api.control;

import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamState;
import io.millrace.streamcore.stream.Streams;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Describes a stream with a page of its shards. */
final class DescribeStream implements Operation {
    /** The service's default, and the most it ever answers whatever the request asks for. */
    private static final int MOST = 100;

    private final Streams streams;
    private final StreamAddress address;
    private final InstantSource clock;

    DescribeStream(Streams streams, StreamAddress address, InstantSource clock) {
        this.streams = streams;
        this.address = address;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamState state = streams.get(address.stream(input));
        Optional<ShardId> after = input.text("ExclusiveStartShardId").map(text -> address.shard(state.name(), text));
        List<Shard> rest = visibleShards(state).stream()
                .filter(shard -> after.isEmpty() || shard.id().compareTo(after.get()) > 0)
                .toList();
        int limit = Math.min(MOST, input.whole("Limit").orElse(MOST));
        List<Shard> page = rest.subList(0, Math.min(limit, rest.size()));
        return CompletableFuture.completedFuture(out -> {
            out.start().start("StreamDescription");
            StreamAnswers.identity(out, state);
            StreamAnswers.settings(out, state);
            StreamAnswers.shards(out, page);
            out.flag("HasMoreShards", page.size() < rest.size()).end().end();
        });
    }

    /** The service shows no shards before a stream is ACTIVE. */
    private List<Shard> visibleShards(StreamState state) {
        return state.status() == StreamState.Status.CREATING
                ? List.of()
                : ShardFilter.ALL.apply(state.shardStates(), state.options().horizonMillis(clock.millis()));
    }
}
