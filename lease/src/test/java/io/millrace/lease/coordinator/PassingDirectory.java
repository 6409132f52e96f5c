package io.millrace.lease.coordinator;

import io.millrace.lease.ShardDirectory;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A stream service that differs in one thing. */
class PassingDirectory implements ShardDirectory {
    private final ShardDirectory service;

    PassingDirectory(ShardDirectory service) {
        this.service = service;
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        return service.identify(stream);
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        return service.listShards(stream);
    }

    @Override
    public CompletableFuture<List<Shard>> listShardsSince(StreamName stream, Instant since) {
        return service.listShardsSince(stream, since);
    }

    @Override
    public CompletableFuture<Instant> serviceTime(StreamName stream) {
        return service.serviceTime(stream);
    }
}
