package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamName;
import io.millrace.streamcore.stream.StreamState.Status;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stream in the catalog, and the rules by which it changes: every method answers the entry as it is after one change,
 * or refuses. Nothing here reads a clock or stores anything.
 *
 * @param name its name
 * @param createdMillis when it was made, in ms since the epoch; tells it from other streams of the name
 * @param status where it is in its life
 * @param retentionHours how long records are kept
 * @param nextShard the number of the next shard to be opened
 * @param shards the shards that are still listed, by number
 * @param reshardingOrNull what is under way while UPDATING
 */
record StreamEntry(
        StreamName name,
        long createdMillis,
        Status status,
        int retentionHours,
        int nextShard,
        List<ShardEntry> shards,
        @Nullable Resharding reshardingOrNull) {
    static final int DEFAULT_RETENTION_HOURS = 24;

    private static final Map<Status, Set<Status>> NEXT = new EnumMap<>(Map.of(
            Status.CREATING, EnumSet.of(Status.ACTIVE, Status.DELETING),
            Status.ACTIVE, EnumSet.of(Status.UPDATING, Status.DELETING),
            Status.UPDATING, EnumSet.of(Status.UPDATING, Status.ACTIVE, Status.DELETING),
            Status.DELETING, EnumSet.of(Status.DELETING)));

    StreamEntry {
        requireNonNull(name, "name");
        requireNonNull(status, "status");
        shards = List.copyOf(shards);
    }

    /** A new stream, CREATING. */
    static StreamEntry create(StreamName name, int shards, long nowMillis) {
        List<ShardEntry> entries = new ArrayList<>(shards);
        for (HashKeyRange range : HashKeyRange.evenly(shards)) {
            entries.add(ShardEntry.open(entries.size(), List.of(), range, nowMillis / 1000));
        }
        return new StreamEntry(name, nowMillis, Status.CREATING, DEFAULT_RETENTION_HOURS, shards, entries, null);
    }

    /** True if a stream may go from one state to another. */
    static boolean allows(Status from, Status to) {
        return NEXT.getOrDefault(from, Set.of()).contains(to);
    }

    /** The name of the stream's log, not used by any other stream of the name. */
    String logName() {
        return name.value() + "@" + createdMillis;
    }

    /** True while records may be put and read. */
    boolean isUsable() {
        return status == Status.ACTIVE || status == Status.UPDATING;
    }

    Optional<Resharding> resharding() {
        return Optional.ofNullable(reshardingOrNull);
    }

    Optional<ShardEntry> shard(int index) {
        // Numbers rise and most lists have no gaps: the shard is at its number's place or before.
        for (int at = Math.min(index, shards.size() - 1); at >= 0; at--) {
            int found = shards.get(at).index();
            if (found == index) {
                return Optional.of(shards.get(at));
            }
            if (found < index) {
                break;
            }
        }
        return Optional.empty();
    }

    int openShards() {
        return (int) shards.stream().filter(ShardEntry::isOpen).count();
    }

    /** The stream has left CREATING or UPDATING. */
    StreamEntry activated() {
        return with(Status.ACTIVE, nextShard, shards, null);
    }

    /** The stream is going away. */
    StreamEntry deleting() {
        return with(Status.DELETING, nextShard, shards, null);
    }

    /** A split is decided. */
    StreamEntry splitting(ShardEntry shard, HashKey key, Refusals refusals) {
        checkActive(refusals);
        checkOpen(shard, refusals);
        HashKey start = shard.range().start();
        HashKey end = shard.range().end();
        // Above start + 1 and below the end; a range too narrow for both has no such key.
        boolean aboveStart = key.compareTo(start) > 0 && !key.equals(start.next());
        if (!aboveStart || key.compareTo(end) >= 0) {
            throw refusals.badSplitKey(name, shard, key);
        }
        List<HashKeyRange> children = List.of(new HashKeyRange(start, key.previous()), new HashKeyRange(key, end));
        return with(Status.UPDATING, nextShard, shards, new Resharding(List.of(shard.index()), children));
    }

    /** A merge is decided. */
    StreamEntry merging(ShardEntry shard, ShardEntry adjacent, Refusals refusals) {
        checkActive(refusals);
        checkOpen(shard, refusals);
        checkOpen(adjacent, refusals);
        if (!shard.range().isJustBelow(adjacent.range())) {
            throw refusals.notAdjacent(name, shard, adjacent);
        }
        HashKeyRange child =
                new HashKeyRange(shard.range().start(), adjacent.range().end());
        return with(
                Status.UPDATING,
                nextShard,
                shards,
                new Resharding(List.of(shard.index(), adjacent.index()), List.of(child)));
    }

    /** What was decided is done: the parents are closed and their children open. Still UPDATING. */
    StreamEntry resharded(long nowSeconds) {
        Resharding pending = requireNonNull(reshardingOrNull, "no resharding is under way");
        List<ShardEntry> next =
                new ArrayList<>(shards.size() + pending.children().size());
        long created = nowSeconds;
        for (ShardEntry shard : shards) {
            boolean closes = pending.parents().contains(shard.index());
            if (closes) {
                created = Math.max(created, shard.createdSeconds() + 1);
            }
            next.add(closes ? shard.closed(Math.max(nowSeconds, shard.createdSeconds())) : shard);
        }
        int index = nextShard;
        for (HashKeyRange range : pending.children()) {
            next.add(ShardEntry.open(index++, pending.parents(), range, created));
        }
        return with(Status.UPDATING, index, next, null);
    }

    /** Closed shards whose records are all gone are listed no more. */
    StreamEntry without(Set<Integer> expired) {
        List<ShardEntry> kept = shards.stream()
                .filter(shard -> shard.isOpen() || !expired.contains(shard.index()))
                .toList();
        return new StreamEntry(name, createdMillis, status, retentionHours, nextShard, kept, reshardingOrNull);
    }

    private void checkActive(Refusals refusals) {
        if (status != Status.ACTIVE) {
            throw refusals.notActive(name, status);
        }
    }

    private void checkOpen(ShardEntry shard, Refusals refusals) {
        if (!shard.isOpen()) {
            throw refusals.alreadyClosed(name, shard);
        }
    }

    private StreamEntry with(Status to, int next, List<ShardEntry> entries, @Nullable Resharding resharding) {
        if (!allows(status, to)) {
            throw new IllegalStateException("a stream does not go from " + status + " to " + to);
        }
        return new StreamEntry(name, createdMillis, to, retentionHours, next, entries, resharding);
    }
}
