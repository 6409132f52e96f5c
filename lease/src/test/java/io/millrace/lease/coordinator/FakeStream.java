package io.millrace.lease.coordinator;

import io.millrace.lease.ShardDirectory;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** A stream that a test splits and merges by hand. Its service tells the time to the second. One thread. */
final class FakeStream implements ShardDirectory {
    static final StreamName NAME = new StreamName("orders");

    /** A second stream with the same shards. */
    static final StreamName OTHER = new StreamName("returns");

    private final NavigableMap<ShardId, Shard> shards = new TreeMap<>();
    private final Set<ShardId> trimmed = new HashSet<>();
    private final Map<ShardId, Instant> closedAt = new HashMap<>();
    private boolean deleted;
    private InstantSource clock = () -> Simulation.EPOCH;
    private StreamIdentity identity = new StreamIdentity(
            "arn:aws:kinesis:local:000000000000:stream/orders", Instant.parse("2026-01-01T00:00:00Z"));

    FakeStream(int count) {
        HashKeyRange.evenly(count).forEach(range -> open(List.of(), range));
    }

    /** The service has this clock from now on; before it, time stands still. */
    void tellTimeOf(InstantSource other) {
        clock = other;
    }

    void recreate() {
        identity = new StreamIdentity(identity.arn(), identity.created().plusSeconds(60));
    }

    /** The stream is gone. */
    void delete() {
        deleted = true;
    }

    /** Retention passes for the oldest closed shard that is still listed. */
    void trimOldest() {
        listed().stream().filter(shard -> !shard.isOpen()).findFirst().ifPresent(shard -> trimmed.add(shard.id()));
    }

    /** What the service still lists. */
    List<Shard> listed() {
        return shards.values().stream().filter(this::isListed).toList();
    }

    boolean isListed(ShardId id) {
        return shards.containsKey(id) && !trimmed.contains(id);
    }

    private boolean isListed(Shard shard) {
        return !trimmed.contains(shard.id());
    }

    /** All shards there ever were. */
    NavigableMap<ShardId, Shard> shards() {
        return shards;
    }

    List<Shard> open() {
        return shards.values().stream().filter(Shard::isOpen).toList();
    }

    List<Shard> childrenOf(ShardId parent) {
        return shards.values().stream()
                .filter(shard -> shard.parents().contains(parent))
                .toList();
    }

    void split(ShardId id) {
        HashKeyRange range = close(id).hashKeyRange();
        open(List.of(id), new HashKeyRange(range.start(), range.middle().previous()));
        open(List.of(id), new HashKeyRange(range.middle(), range.end()));
    }

    void merge(ShardId lower, ShardId upper) {
        HashKeyRange low = close(lower).hashKeyRange();
        HashKeyRange high = close(upper).hashKeyRange();
        open(List.of(lower, upper), new HashKeyRange(low.start(), high.end()));
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        return !deleted && (stream.plain().equals(NAME.value()) || stream.equals(OTHER))
                ? CompletableFuture.completedFuture(identity)
                : CompletableFuture.failedFuture(new StreamNotFoundException(stream));
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        return deleted
                ? CompletableFuture.failedFuture(new StreamNotFoundException(stream))
                : CompletableFuture.completedFuture(listed());
    }

    @Override
    public CompletableFuture<List<Shard>> listShardsSince(StreamName stream, Instant since) {
        return listShards(stream)
                .thenApply(all ->
                        all.stream().filter(shard -> mayHoldSince(shard, since)).toList());
    }

    /** True when records of after that moment may be in it. */
    boolean mayHoldSince(Shard shard, Instant since) {
        return !closedAt.getOrDefault(shard.id(), Instant.MAX).isBefore(since);
    }

    @Override
    public CompletableFuture<Instant> serviceTime(StreamName stream) {
        return identify(stream).thenApply(found -> clock.instant().truncatedTo(ChronoUnit.SECONDS));
    }

    private Shard close(ShardId id) {
        closedAt.put(id, clock.instant());
        Shard shard = java.util.Objects.requireNonNull(shards.get(id));
        SequenceNumberRange ended =
                new SequenceNumberRange(shard.sequenceNumbers().starting(), SequenceNumber.parse("999999999"));
        Shard closed = new Shard(id, shard.parents(), shard.hashKeyRange(), ended);
        shards.put(id, closed);
        return closed;
    }

    private void open(List<ShardId> parents, HashKeyRange range) {
        ShardId id = ShardId.of(shards.size());
        shards.put(id, new Shard(id, parents, range, SequenceNumberRange.openFrom(SequenceNumber.ZERO)));
    }
}
