package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.ShardLog;
import io.millrace.streamcore.stream.StreamState.ShardState;
import io.millrace.streamcore.stream.scale.LoadCounters;
import io.millrace.streamcore.stream.scale.PeakLoads;
import io.millrace.streamcore.stream.watch.StreamProbe;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream in this process. What callers see is one immutable {@link View}, replaced by the catalog's loop after each
 * durable change; all else belongs to that loop.
 */
final class LiveStream {
    private final StreamProbe probe;
    private final LoadCounters load = new LoadCounters();
    private final PeakLoads peaks = new PeakLoads();
    private final AtomicInteger turns = new AtomicInteger();
    private volatile View view;
    private volatile CompletableFuture<Void> changed = new CompletableFuture<>();

    private final List<Runnable> followers = new CopyOnWriteArrayList<>();

    /** The catalog loop's. */
    private boolean isInTrouble;

    private CompletableFuture<?> lastChange = CompletableFuture.completedFuture(null);

    LiveStream(StreamEntry entry, long version, @Nullable ShardLog log, String arn, StreamProbe probe) {
        this.probe = requireNonNull(probe, "probe");
        this.view = View.of(entry, version, log, arn);
    }

    View view() {
        return view;
    }

    StreamProbe probe() {
        return probe;
    }

    /** The slots of {@code size} open shards in turn. Safe for any thread. */
    int nextSlot(int size) {
        return Math.floorMod(turns.getAndIncrement(), size);
    }

    /** What is put into each shard. Safe for any thread. */
    LoadCounters load() {
        return load;
    }

    /** What the shards had to take at most. Catalog loop only. */
    PeakLoads peaks() {
        return peaks;
    }

    /** A step failed and is tried again. Catalog loop only. */
    void noteTrouble() {
        isInTrouble = true;
    }

    /** True from a step that failed to the next change. Catalog loop only. */
    boolean isInTrouble() {
        return isInTrouble;
    }

    /** Shows a durable change to all and wakes who waits for one. Catalog loop only. */
    void install(View next) {
        view = next;
        isInTrouble = false;
        CompletableFuture<Void> waiters = changed;
        changed = new CompletableFuture<>();
        waiters.complete(null);
        wake();
    }

    /** Calls {@code follower} after each change of the catalog that concerns the stream. Safe for any thread. */
    Runnable follow(Runnable follower) {
        followers.add(follower);
        return () -> followers.remove(follower);
    }

    /** Tells who follows that something changed. Catalog loop only. */
    void wake() {
        followers.forEach(Runnable::run);
    }

    /** The change that is waited for does not come: fails who waits, also later, until there is one all the same. */
    void giveUp(Throwable error) {
        changed.completeExceptionally(error);
        wake();
    }

    /** Completes once {@link #view} is no longer {@code seen}. Safe for any thread. */
    CompletableFuture<Void> changeFrom(View seen) {
        CompletableFuture<Void> next = changed;
        return view.version() == seen.version() ? next : CompletableFuture.completedFuture(null);
    }

    /** Runs changes one after the other, whether they succeed or not. Catalog loop only. */
    <T> CompletableFuture<T> inTurn(Supplier<CompletableFuture<T>> change) {
        CompletableFuture<T> done = lastChange.handle((ok, error) -> 0).thenCompose(before -> change.get());
        lastChange = done;
        return done;
    }

    /**
     * A stream as of one catalog change.
     *
     * @param entry the catalog's entry
     * @param version the number of the catalog change
     * @param state what callers are told
     * @param routing where puts go
     * @param logOrNull where records are kept; absent until the log is open
     */
    record View(
            StreamEntry entry,
            long version,
            StreamState state,
            RoutingTable routing,
            @Nullable ShardLog logOrNull) {
        static View of(StreamEntry entry, long version, @Nullable ShardLog log, String arn) {
            List<ShardState> shards = entry.status() == StreamState.Status.CREATING
                    ? List.of()
                    : entry.shards().stream().map(ShardEntry::toState).toList();
            StreamState state = new StreamState(
                    entry.name(),
                    arn,
                    entry.status(),
                    Instant.ofEpochMilli(entry.createdMillis()),
                    entry.options(),
                    shards);
            return new View(entry, version, state, new RoutingTable(entry.shards()), log);
        }

        /** The view after a change, with what the change left alone. */
        View changed(StreamEntry next, long nextVersion) {
            boolean hasSameShards = next.shards() == entry.shards()
                    && entry.status() != StreamState.Status.CREATING
                    && next.status() != StreamState.Status.CREATING;
            if (!hasSameShards) {
                return of(next, nextVersion, logOrNull, state.arn());
            }
            StreamState nextState = new StreamState(
                    state.name(), state.arn(), next.status(), state.created(), next.options(), state.shardStates());
            return new View(next, nextVersion, nextState, routing, logOrNull);
        }

        /**
         * The shard of this number; none if it has expired, whether or not the catalog has dropped it yet. Usable
         * streams only.
         */
        Optional<ShardEntry> shard(int index, long nowMillis) {
            long horizon = entry.options().horizonMillis(nowMillis);
            return entry.shard(index).filter(shard -> !isExpired(shard, horizon));
        }

        /** True if all records of a closed shard are too old, those too that a clock that went back has dated later. */
        boolean isExpired(ShardEntry shard, long horizonMillis) {
            return shard.isExpired(horizonMillis)
                    // By time and not by what is deleted: a file may hold newer records of other shards.
                    && log().bounds(shard.index()).lastTimeMillis() < horizonMillis;
        }

        boolean isUsable() {
            return entry.isUsable() && logOrNull != null;
        }

        ShardLog log() {
            return requireNonNull(logOrNull, "the log is not open");
        }
    }
}
