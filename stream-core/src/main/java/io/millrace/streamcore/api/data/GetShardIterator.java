package io.millrace.streamcore.api.data;

import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.DryRun;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StartingPositions;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.quota.StreamQuota;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;

/** Finds where to read a shard from and hands the place out as an iterator. */
final class GetShardIterator implements Operation {
    private final Streams streams;
    private final StreamAddress address;
    private final ShardIterators iterators;
    private final StartingPositions positions;

    GetShardIterator(Streams streams, StreamAddress address, ShardIterators iterators, InstantSource clock) {
        this.streams = streams;
        this.address = address;
        this.iterators = iterators;
        this.positions = new StartingPositions("GetShardIterator", address.account(), clock);
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName stream = address.stream(input);
        ShardId shard = address.shard(stream, input.requiredText("ShardId"));
        return streams.seek(stream, shard, position(stream, shard, input)).thenApply(cursor -> {
            if (DryRun.isAskedFor(input)) {
                throw DryRun.outcome(streams, stream, address.account());
            }
            // Asked only now: shards that do not exist have no limits to be kept.
            StreamQuota quota = streams.quotas().of(stream);
            if (quota != null && !quota.shard(shard).takesIterator()) {
                throw RateExceeded.error(stream, shard, address.account());
            }
            String iterator = iterators.write(cursor);
            return out -> out.start().text("ShardIterator", iterator).end();
        });
    }

    private Position position(StreamName stream, ShardId shard, Values input) {
        return positions.read(
                stream,
                shard,
                input.requiredText("ShardIteratorType"),
                input.text("StartingSequenceNumber"),
                input.time("Timestamp"));
    }
}
