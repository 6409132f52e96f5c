package io.millrace.consumer.streams;

import io.millrace.fanout.KinesisStreams;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Tells lease coordination about the streams of the Kinesis service. Safe for any thread. */
public final class KinesisShardDirectory implements ShardDirectory {
    private final KinesisStreams streams;

    /** Asks {@code streams}. */
    public KinesisShardDirectory(KinesisStreams streams) {
        this.streams = streams;
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        return streams.describe(stream)
                .thenApply(found -> found.map(it -> new StreamIdentity(it.arn(), it.created()))
                        .orElseThrow(() -> new StreamNotFoundException(stream)));
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        return streams.shards(stream).thenApply(found -> found.orElseThrow(() -> new StreamNotFoundException(stream)));
    }
}
