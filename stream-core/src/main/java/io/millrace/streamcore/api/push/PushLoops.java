package io.millrace.streamcore.api.push;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.stream.ConsumerState;
import io.millrace.streamcore.stream.ShardCursor;
import io.millrace.streamcore.stream.Streams;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * The push loops: each shard's subscriptions belong to one of them, so that a busy shard has a processor to itself where
 * there are several. Safe for any thread.
 */
final class PushLoops implements AutoCloseable {
    private final List<Subscriptions> loops;

    /** So many loops, at least one. */
    PushLoops(PushSettings settings, Platform platform, int count) {
        this.loops = IntStream.range(0, count)
                .mapToObj(number -> new Subscriptions(settings, platform, "stream-push-" + number))
                .toList();
    }

    /** Opens a subscription, see {@link Subscriptions#open}. */
    CompletableFuture<Subscription> open(Streams streams, ConsumerState consumer, ShardCursor cursor, String place) {
        return of(cursor).open(streams, consumer, cursor, place);
    }

    /** Where all subscriptions of the shard that a cursor stands in are. */
    Subscriptions of(ShardCursor cursor) {
        int hash = ShardFeed.Key.of(cursor).hashCode();
        return loops.get(Math.floorMod(hash ^ (hash >>> 16), loops.size()));
    }

    @Override
    public void close() {
        loops.forEach(Subscriptions::close);
    }
}
