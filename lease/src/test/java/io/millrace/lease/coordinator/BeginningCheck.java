package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * An application that begins at LATEST skips nothing that is put once its first worker has written the stream's row, and
 * repeats little of before. One thread.
 */
final class BeginningCheck {
    /** Between the service's answer and the row lie the calls of a worker, which it may make in the midst of faults. */
    private static final Duration LONGEST_START = Duration.ofMinutes(5);

    private final FakeStreams streams;
    private final InstantSource clock;
    private final Map<StreamName, Instant> begun = new HashMap<>();

    BeginningCheck(FakeStreams streams, InstantSource clock) {
        this.streams = streams;
        this.clock = clock;
    }

    /** Looks at a write that was applied. */
    void onWrite(Optional<Row> before, Row after, Function<LeaseKey, Optional<LeaseRow>> leases) {
        if (after instanceof StreamRow stream) {
            if (before.isEmpty()) {
                begun.put(stream.name(), clock.instant());
            }
            boolean wasSynced = before.map(row -> ((StreamRow) row).synced()).orElse(false);
            if (stream.synced() && !wasSynced && stream.initialPosition() instanceof Position.Latest) {
                checkAll(stream.name(), leases);
            }
        }
        if (after instanceof LeaseRow lease
                && lease.checkpoint() instanceof Checkpoint.NotStarted start
                && before.isEmpty()) {
            check(lease, start.position());
        }
    }

    /** True when the application began at LATEST after the shard had been closed: nobody ever reads it. */
    boolean isBefore(LeaseKey key, boolean fromLatest) {
        Instant first = begun.get(key.stream());
        return fromLatest && first != null && !streams.of(key.stream()).mayHoldSince(streams.shard(key), first);
    }

    private void check(LeaseRow lease, Position.Initial from) {
        Instant first = begun.getOrDefault(lease.key().stream(), Instant.MIN);
        if (from instanceof Position.Latest) {
            throw new AssertionError(lease + " begins at a place that moves");
        }
        if (from instanceof Position.AtTimestamp at
                && (at.time().isAfter(first) || at.time().plus(LONGEST_START).isBefore(first))) {
            throw new AssertionError(lease + " begins at " + at.time() + ", the application began at " + first);
        }
    }

    /** Every shard that took records since the beginning has a lease once the first look is over, or one before it has. */
    private void checkAll(StreamName stream, Function<LeaseKey, Optional<LeaseRow>> leases) {
        FakeStream shards = streams.of(stream);
        for (Shard shard : shards.listed()) {
            boolean matters = shards.mayHoldSince(shard, begun.getOrDefault(stream, Instant.MAX));
            boolean waits = hasLeaseBefore(stream, shard, leases);
            if (matters
                    && !waits
                    && leases.apply(new LeaseKey(stream, shard.id())).isEmpty()) {
                throw new AssertionError(shard.id() + " took records since the beginning and has no lease");
            }
        }
    }

    /** True if the shard follows one with a lease, be it over several others: whoever finishes one makes the leases of the next. */
    private boolean hasLeaseBefore(StreamName stream, Shard shard, Function<LeaseKey, Optional<LeaseRow>> leases) {
        return shard.parents().stream()
                .anyMatch(parent -> leases.apply(new LeaseKey(stream, parent)).isPresent()
                        || hasLeaseBefore(stream, streams.shard(new LeaseKey(stream, parent)), leases));
    }
}
