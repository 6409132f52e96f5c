package io.millrace.streamcore.api.push;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.streamcore.stream.ReadPage;
import io.millrace.streamcore.stream.ShardCursor;
import io.millrace.streamcore.stream.Streams;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one shard for all its subscribers: who asks for the same place gets the same encoded event, read and encoded once,
 * unless there has been news since. Belongs to the push loop; the log's threads only count the news and ask the loop to
 * look.
 */
final class ShardFeed {
    /** So many places are remembered. Subscribers at the tip share one; few lag at a time, and a read is cheap. */
    private static final int PLACES = 4;

    private final Streams streams;
    private final EventLoop loop;
    private final PushSettings settings;
    private final Set<Subscription> members = new LinkedHashSet<>();
    private final Map<ShardCursor, Shared> places = new LinkedHashMap<>(PLACES * 2, 0.75f, true);
    private final AtomicLong news = new AtomicLong();
    private final AtomicBoolean isWaking = new AtomicBoolean();
    private @Nullable Runnable endFollowing;
    private long reads;

    ShardFeed(Streams streams, EventLoop loop, PushSettings settings) {
        this.streams = requireNonNull(streams, "streams");
        this.loop = requireNonNull(loop, "loop");
        this.settings = requireNonNull(settings, "settings");
    }

    /** A subscriber that is told of news from now on, through {@link Subscription#wake}. */
    void join(Subscription member, ShardCursor at) {
        if (endFollowing == null) {
            endFollowing = streams.follow(at, this::tell);
        }
        members.add(member);
    }

    /** True if nobody is left. */
    boolean leave(Subscription member) {
        members.remove(member);
        if (members.isEmpty() && endFollowing != null) {
            endFollowing.run();
            endFollowing = null;
            places.clear();
        }
        return members.isEmpty();
    }

    /** How much news there has been: equal numbers before and after mean that nothing happened in between. */
    long news() {
        return news.get();
    }

    /** How often the streams were really read. */
    long reads() {
        return reads;
    }

    /** Gets the event of a place; {@code handler} runs as a later task of the loop. */
    void read(ShardCursor at, BiConsumer<@Nullable PushedEvent, @Nullable Throwable> handler) {
        Shared shared = places.get(at);
        if (shared == null || (shared.event.isDone() && shared.news != news.get())) {
            shared = new Shared(news.get(), readNow(at));
            places.put(at, shared);
            forgetOldest();
        }
        loop.whenComplete(shared.event, handler);
    }

    private CompletableFuture<PushedEvent> readNow(ShardCursor at) {
        reads++;
        CompletableFuture<ReadPage> page;
        try {
            page = streams.read(at, settings.eventRecords(), settings.eventBytes());
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return page.isDone() ? page.thenApply(PushedEvent::of) : page.thenApplyAsync(PushedEvent::of, loop);
    }

    private void forgetOldest() {
        if (places.size() > PLACES) {
            Iterator<Shared> oldest = places.values().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** Any thread. */
    private void tell() {
        news.incrementAndGet();
        if (isWaking.compareAndSet(false, true)) {
            try {
                loop.execute(this::wakeAll);
            } catch (RejectedExecutionException closed) {
                // The subscriptions end with the loop.
            }
        }
    }

    private void wakeAll() {
        isWaking.set(false);
        List.copyOf(members).forEach(Subscription::wake);
    }

    /** An event, and the news when its reading began. */
    private record Shared(long news, CompletableFuture<PushedEvent> event) {}

    /** Which shard a feed reads. */
    record Key(StreamName stream, Instant streamCreated, ShardId shard) {
        static Key of(ShardCursor cursor) {
            return new Key(cursor.stream(), cursor.streamCreated(), cursor.shard());
        }
    }
}
