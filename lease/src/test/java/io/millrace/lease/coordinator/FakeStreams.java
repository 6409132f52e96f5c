package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Several streams by name. One thread. */
final class FakeStreams implements ShardDirectory {
    private final Map<StreamName, FakeStream> streams = new TreeMap<>();

    void add(StreamName name, FakeStream stream) {
        streams.put(name, stream);
    }

    Map<StreamName, FakeStream> all() {
        return streams;
    }

    FakeStream of(StreamName name) {
        return Objects.requireNonNull(streams.get(name));
    }

    Shard shard(LeaseKey key) {
        return Objects.requireNonNull(of(key.stream()).shards().get(key.shard()));
    }

    boolean isListed(LeaseKey key) {
        return of(key.stream()).isListed(key.shard());
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        return streams.containsKey(stream)
                ? of(stream).identify(stream)
                : CompletableFuture.failedFuture(new StreamNotFoundException(stream));
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        return of(stream).listShards(stream);
    }

    @Override
    public CompletableFuture<List<Shard>> listShardsSince(StreamName stream, Instant since) {
        return of(stream).listShardsSince(stream, since);
    }

    @Override
    public CompletableFuture<Instant> serviceTime(StreamName stream) {
        return of(stream).serviceTime(stream);
    }
}
