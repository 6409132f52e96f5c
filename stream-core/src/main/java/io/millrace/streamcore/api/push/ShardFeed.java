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
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one shard for all its subscribers: who asks for the same place gets the same encoded event, read and encoded once,
 * unless there has been news since. News counts when the loop hears of it, so that all who are woken together share one
 * reading however fast records come. Belongs to the push loop; the log's threads only ask the loop to look.
 */
final class ShardFeed {
    /** So many places are remembered. Subscribers at the tip share one; few lag at a time, and a read is cheap. */
    private static final int PLACES = 4;

    private final Streams streams;
    private final EventLoop loop;
    private final PushSettings settings;
    private final Set<Subscription> members = new LinkedHashSet<>();
    private final Map<ShardCursor, Shared> places = new LinkedHashMap<>(PLACES * 2, 0.75f, true);
    private final AtomicBoolean isWaking = new AtomicBoolean();
    private @Nullable Runnable endFollowing;
    private long news;
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

    /** How much news the loop has heard of: who waits at a place read with less has to look again. */
    long news() {
        return news;
    }

    /** For how many places an event with records is kept. */
    long kept() {
        return places.values().stream().filter(Shared::holdsRecords).count();
    }

    /** How often the streams were really read. */
    long reads() {
        return reads;
    }

    /** Gets the event of a place; {@code handler} runs at once if the event is there, else as a later task of the loop. */
    void read(ShardCursor at, BiConsumer<@Nullable PushedEvent, @Nullable Throwable> handler) {
        Shared shared = places.get(at);
        if (shared == null || (shared.event.isDone() && shared.news != news)) {
            shared = new Shared(news, readNow(at));
            places.put(at, shared);
            forgetOldest();
        }
        if (shared.event.isDone() && !shared.event.isCompletedExceptionally()) {
            handler.accept(shared.event.join(), null);
        } else {
            loop.whenComplete(shared.event, handler);
        }
    }

    /** What comes from the disk is encoded by the thread that read it, so that the loop has time for its other shards. */
    private CompletableFuture<PushedEvent> readNow(ShardCursor at) {
        reads++;
        CompletableFuture<ReadPage> page;
        try {
            page = streams.read(at, settings.eventRecords(), settings.eventBytes());
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        long newsNow = news;
        return page.thenApply(found -> PushedEvent.of(found, newsNow));
    }

    /** Lets go of encoded records: a shard that rests holds none in memory. */
    void rest() {
        places.values().removeIf(Shared::holdsRecords);
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
        news++;
        List.copyOf(members).forEach(Subscription::wake);
    }

    /** An event, and the news when its reading began. */
    private record Shared(long news, CompletableFuture<PushedEvent> event) {
        boolean holdsRecords() {
            return event.isDone()
                    && !event.isCompletedExceptionally()
                    && !event.join().isEmpty();
        }
    }

    /** Which shard a feed reads. */
    record Key(StreamName stream, Instant streamCreated, ShardId shard) {
        static Key of(ShardCursor cursor) {
            return new Key(cursor.stream(), cursor.streamCreated(), cursor.shard());
        }
    }
}
