package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.streamcore.stream.LiveStream.View;
import io.millrace.streamcore.stream.StreamState.Status;
import io.millrace.streamcore.stream.scale.LoadScaling;
import io.millrace.streamcore.stream.scale.LoadScaling.MeasuredShard;
import io.millrace.streamcore.stream.scale.PeakLoads;
import io.millrace.streamcore.stream.scale.ShardLoad;
import io.millrace.streamcore.stream.scale.Shrinking;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * What happens to streams by itself from time to time: records past the retention go, and on-demand streams grow where
 * the load is, and shrink where there was none for long. Runs on the catalog's loop.
 */
final class Upkeep {
    private static final Duration RETENTION_CHECK = Duration.ofMinutes(1);
    private static final Duration LOAD_CHECK = Duration.ofSeconds(10);
    private static final Duration QUIET_CHECK = Duration.ofHours(1);

    private final Catalog catalog;
    private final InstantSource clock;
    private final EventLoop loop;

    Upkeep(Catalog catalog, Platform platform, EventLoop loop) {
        this.catalog = requireNonNull(catalog, "catalog");
        this.clock = platform.clock();
        this.loop = requireNonNull(loop, "loop");
    }

    void start() {
        every(RETENTION_CHECK, this::checkRetention);
        every(LOAD_CHECK, this::checkLoad);
        every(QUIET_CHECK, this::checkQuiet);
    }

    private void every(Duration period, Consumer<LiveStream> check) {
        var unused = loop.schedule(period, () -> {
            catalog.all().forEach(check);
            every(period, check);
        });
    }

    private void checkRetention(LiveStream stream) {
        View view = stream.view();
        if (!view.isUsable()) {
            return;
        }
        long horizon = view.entry().options().horizonMillis(clock.millis());
        var unused = catalog.logFailure(
                view.entry().name(),
                loop.home(view.log().truncateBefore(horizon))
                        .thenCompose(
                                truncated -> catalog.commit(stream, entry -> entry.without(expired(view, horizon))))
                        .thenAccept(changed -> {}));
    }

    private static Set<Integer> expired(View view, long horizonMillis) {
        Set<Integer> expired = new HashSet<>();
        for (ShardEntry shard : view.entry().shards()) {
            if (view.isExpired(shard, horizonMillis)) {
                expired.add(shard.index());
            }
        }
        return expired;
    }

    private void checkLoad(LiveStream stream) {
        Map<Integer, ShardLoad> load = stream.load().take();
        StreamEntry seen = stream.view().entry();
        if (!seen.options().isOnDemand()) {
            stream.peaks().forget();
            return;
        }
        if (load.isEmpty()) {
            return;
        }
        List<ShardEntry> open = seen.tiles();
        notePeaks(stream, open, load);
        if (seen.status() != Status.ACTIVE) {
            return;
        }
        List<MeasuredShard> measured = open.stream()
                .map(shard -> new MeasuredShard(shard.range(), load.getOrDefault(shard.index(), ShardLoad.NONE)))
                .toList();
        List<Integer> hot = LoadScaling.toSplit(measured, LOAD_CHECK, Integer.MAX_VALUE);
        if (hot.isEmpty()) {
            return;
        }
        List<ShardEntry> parents = hot.stream().map(open::get).toList();
        reshard(stream, seen, (entry, refusals) -> entry.splitting(parents, refusals));
    }

    private void checkQuiet(LiveStream stream) {
        StreamEntry seen = stream.view().entry();
        if (!seen.options().isOnDemand()) {
            return;
        }
        List<ShardEntry> open = seen.tiles();
        notePeaks(stream, open, Map.of());
        if (seen.status() != Status.ACTIVE) {
            return;
        }
        long now = clock.millis();
        List<Shrinking.Measured> measured = open.stream()
                .map(shard ->
                        new Shrinking.Measured(shard.range(), stream.peaks().of(shard.index(), now)))
                .toList();
        List<List<ShardEntry>> pairs = Shrinking.toMerge(
                        measured, seen.options().warmMibps())
                .stream()
                .map(lower -> List.of(open.get(lower), open.get(lower + 1)))
                .toList();
        if (!pairs.isEmpty()) {
            reshard(stream, seen, (entry, refusals) -> entry.merging(pairs, refusals));
        }
    }

    private void notePeaks(LiveStream stream, List<ShardEntry> open, Map<Integer, ShardLoad> load) {
        List<PeakLoads.Seen> seen = open.stream()
                .map(shard -> new PeakLoads.Seen(
                        shard.index(), shard.parents(), load.getOrDefault(shard.index(), ShardLoad.NONE)))
                .toList();
        stream.peaks().note(seen, LOAD_CHECK, clock.millis());
    }

    private void reshard(LiveStream stream, StreamEntry seen, BiFunction<StreamEntry, Refusals, StreamEntry> step) {
        var unused = catalog.logFailure(
                seen.name(),
                catalog.change(
                                stream,
                                // Something else may have changed the shards meanwhile; then the next check decides.
                                (entry, context) -> entry.equals(seen) ? step.apply(entry, context.refusals()) : entry)
                        .thenAccept(changed -> {}));
    }
}
