package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamName;
import io.millrace.runtime.Transitions;
import io.millrace.streamcore.stream.StreamState.Status;
import io.millrace.streamcore.stream.scale.EvenScaling;
import io.millrace.streamcore.stream.scale.ScalingHistory;
import io.millrace.streamcore.stream.scale.ScalingStep;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
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
 * @param options what is set about it
 * @param nextShard the number of the next shard to be opened
 * @param shards the shards that are still listed, by number
 * @param reshardingOrNull what is under way while UPDATING
 * @param scaling the number of shards it is on its way to, wave by wave
 */
record StreamEntry(
        StreamName name,
        long createdMillis,
        Status status,
        StreamOptions options,
        int nextShard,
        List<ShardEntry> shards,
        @Nullable Resharding reshardingOrNull,
        ScalingHistory scaling) {
    /** The service scales no stream beyond this, whatever the account may have. */
    private static final int MOST_SHARDS_BY_SCALING = 10_000;

    static final Transitions<Status> TRANSITIONS = Transitions.table(Status.class)
            .from(Status.CREATING)
            .to(Status.ACTIVE, "it is made")
            .to(Status.DELETING, "it is deleted")
            .from(Status.ACTIVE)
            .to(Status.UPDATING, "its shards or settings change")
            .to(Status.DELETING, "it is deleted")
            .from(Status.UPDATING)
            .to(Status.UPDATING, "a step of the change is done")
            .to(Status.ACTIVE, "the change is done")
            .to(Status.DELETING, "it is deleted")
            .from(Status.DELETING)
            .to(Status.DELETING, "it is deleted again")
            .build();

    StreamEntry {
        requireNonNull(name, "name");
        requireNonNull(status, "status");
        requireNonNull(options, "options");
        requireNonNull(scaling, "scaling");
        shards = List.copyOf(shards);
    }

    /** A new stream, CREATING. */
    static StreamEntry create(StreamName name, StreamOptions options, int shards, long nowMillis) {
        List<ShardEntry> entries = new ArrayList<>(shards);
        for (HashKeyRange range : HashKeyRange.evenly(shards)) {
            entries.add(ShardEntry.open(entries.size(), List.of(), range, nowMillis / 1000, nowMillis));
        }
        return new StreamEntry(name, nowMillis, Status.CREATING, options, shards, entries, null, ScalingHistory.NONE);
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

    /** How many shards are open once what is under way is done. */
    int plannedShards() {
        return scaling.isUnderWay()
                ? scaling.target()
                : openShards() + (reshardingOrNull == null ? 0 : reshardingOrNull.growth());
    }

    /** The open shards in the order of their hash keys, which they tile. */
    List<ShardEntry> tiles() {
        return shards.stream()
                .filter(ShardEntry::isOpen)
                .sorted(Comparator.comparing(shard -> shard.range().start()))
                .toList();
    }

    /** The stream has left CREATING or UPDATING. */
    StreamEntry activated() {
        return with(Status.ACTIVE, nextShard, shards, null);
    }

    /** The stream is going away. */
    StreamEntry deleting() {
        return with(Status.DELETING, nextShard, shards, null);
    }

    /** Something else is set, which shows as UPDATING; the same entry if nothing changes. */
    StreamEntry updating(StreamOptions next, Refusals refusals) {
        checkActive(refusals);
        return next.equals(options) ? this : with(next).with(Status.UPDATING, nextShard, shards, null);
    }

    /** The same with something else set. */
    StreamEntry with(StreamOptions next) {
        return new StreamEntry(name, createdMillis, status, next, nextShard, shards, reshardingOrNull, scaling);
    }

    /** A split is decided. */
    StreamEntry splitting(ShardEntry shard, HashKey key, Refusals refusals) {
        checkActive(refusals);
        checkProvisioned(refusals);
        checkOpen(shard, refusals);
        HashKey start = shard.range().start();
        HashKey end = shard.range().end();
        // Above start + 1 and below the end; a range too narrow for both has no such key.
        boolean aboveStart = key.compareTo(start) > 0 && !key.equals(start.next());
        if (!aboveStart || key.compareTo(end) >= 0) {
            throw refusals.badSplitKey(name, shard, key);
        }
        return resharding(Resharding.of(List.of(shard.index()), halves(shard, key)));
    }

    /** A merge is decided. */
    StreamEntry merging(ShardEntry shard, ShardEntry adjacent, Refusals refusals) {
        checkActive(refusals);
        checkProvisioned(refusals);
        checkOpen(shard, refusals);
        checkOpen(adjacent, refusals);
        if (!shard.range().isJustBelow(adjacent.range())) {
            throw refusals.notAdjacent(name, shard, adjacent);
        }
        return resharding(Resharding.of(List.of(shard.index(), adjacent.index()), List.of(union(shard, adjacent))));
    }

    /** A user asks for another number of shards, of equal hash key ranges (Kinesis API, UpdateShardCount). */
    StreamEntry scaling(int target, StreamChange.Context context) {
        Refusals refusals = context.refusals();
        checkActive(refusals);
        checkProvisioned(refusals);
        int open = openShards();
        if (target > 2L * open) {
            throw refusals.scalesTooFar(name, true, open, target);
        }
        if (2L * target < open) {
            throw refusals.scalesTooFar(name, false, open, target);
        }
        if (target > MOST_SHARDS_BY_SCALING) {
            throw refusals.scalesBeyond(name, target, MOST_SHARDS_BY_SCALING);
        }
        if (scaling.countAt(context.nowMillis()) >= ScalingHistory.MOST) {
            throw refusals.scalesTooOften(name, ScalingHistory.MOST);
        }
        return with(scaling.asked(target, context.nowMillis()))
                .with(Status.UPDATING, nextShard, shards, null)
                .nextWave();
    }

    /** An on-demand stream gets at least so many shards. */
    StreamEntry growing(int target, Refusals refusals) {
        checkActive(refusals);
        return target <= openShards()
                ? this
                : with(scaling.towards(target))
                        .with(Status.UPDATING, nextShard, shards, null)
                        .nextWave();
    }

    /** These shards are to be split in their middles. */
    StreamEntry splitting(List<ShardEntry> hot, Refusals refusals) {
        checkActive(refusals);
        return resharding(new Resharding(hot.stream()
                .map(shard -> new Resharding.Step(
                        List.of(shard.index()), halves(shard, shard.range().middle())))
                .toList()));
    }

    /** Each of these pairs of neighbours is to be merged. */
    StreamEntry merging(List<List<ShardEntry>> pairs, Refusals refusals) {
        checkActive(refusals);
        return resharding(new Resharding(pairs.stream()
                .map(pair -> new Resharding.Step(
                        pair.stream().map(ShardEntry::index).toList(), List.of(union(pair.get(0), pair.get(1)))))
                .toList()));
    }

    /** What was decided is done: the parents are closed and their children open. Still UPDATING, maybe with more to do. */
    StreamEntry resharded(long nowMillis) {
        Resharding pending = requireNonNull(reshardingOrNull, "no resharding is under way");
        Set<Integer> closing = pending.parents();
        Map<Integer, ShardEntry> parents = new HashMap<>();
        long moment = nowMillis;
        for (ShardEntry shard : shards) {
            if (closing.contains(shard.index())) {
                parents.put(shard.index(), shard);
                moment = Math.max(moment, shard.openedMillis());
            }
        }
        List<ShardEntry> next = new ArrayList<>(shards.size() + closing.size());
        for (ShardEntry shard : shards) {
            next.add(closing.contains(shard.index()) ? shard.closed(moment) : shard);
        }
        int index = nextShard;
        for (Resharding.Step step : pending.steps()) {
            long created = moment / 1000;
            for (int parent : step.parents()) {
                created = Math.max(created, requireNonNull(parents.get(parent)).createdSeconds() + 1);
            }
            for (HashKeyRange range : step.children()) {
                next.add(ShardEntry.open(index++, step.parents(), range, created, moment));
            }
        }
        StreamEntry done = with(Status.UPDATING, index, next, null);
        return scaling.isUnderWay() ? done.nextWave() : done;
    }

    /** Closed shards whose records are all gone are listed no more. */
    StreamEntry without(Set<Integer> expired) {
        List<ShardEntry> kept = shards.stream()
                .filter(shard -> shard.isOpen() || !expired.contains(shard.index()))
                .toList();
        return new StreamEntry(name, createdMillis, status, options, nextShard, kept, reshardingOrNull, scaling);
    }

    /** The next splits and merges on the way to the number of shards that is wanted; none when it is reached. */
    private StreamEntry nextWave() {
        List<ShardEntry> open = tiles();
        List<ScalingStep> wave =
                EvenScaling.nextWave(open.stream().map(ShardEntry::range).toList(), scaling.target());
        if (wave.isEmpty()) {
            return with(scaling.done());
        }
        return resharding(new Resharding(wave.stream()
                .map(step -> new Resharding.Step(
                        step.parents().stream()
                                .map(place -> open.get(place).index())
                                .toList(),
                        step.children()))
                .toList()));
    }

    private static List<HashKeyRange> halves(ShardEntry shard, HashKey key) {
        return List.of(
                new HashKeyRange(shard.range().start(), key.previous()),
                new HashKeyRange(key, shard.range().end()));
    }

    private static HashKeyRange union(ShardEntry lower, ShardEntry upper) {
        return new HashKeyRange(lower.range().start(), upper.range().end());
    }

    /** Refuses unless the stream is ACTIVE. */
    void checkActive(Refusals refusals) {
        if (status != Status.ACTIVE) {
            throw refusals.notActive(name, status);
        }
    }

    private void checkOpen(ShardEntry shard, Refusals refusals) {
        if (!shard.isOpen()) {
            throw refusals.alreadyClosed(name, shard);
        }
    }

    private void checkProvisioned(Refusals refusals) {
        if (options.isOnDemand()) {
            throw refusals.onDemand(name);
        }
    }

    private StreamEntry resharding(Resharding pending) {
        return with(Status.UPDATING, nextShard, shards, pending);
    }

    private StreamEntry with(ScalingHistory next) {
        return new StreamEntry(name, createdMillis, status, options, nextShard, shards, reshardingOrNull, next);
    }

    private StreamEntry with(Status to, int next, List<ShardEntry> entries, @Nullable Resharding resharding) {
        if (!TRANSITIONS.allows(status, to)) {
            throw new IllegalStateException("a stream does not go from " + status + " to " + to);
        }
        ScalingHistory kept = to == Status.UPDATING ? scaling : scaling.done();
        return new StreamEntry(name, createdMillis, to, options, next, entries, resharding, kept);
    }
}
