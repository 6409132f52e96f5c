package io.millrace.streamcore.api.push;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.stream.ConsumerState;
import io.millrace.streamcore.stream.ShardCursor;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.quota.Pace;
import io.millrace.streamcore.stream.watch.StreamProbe;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/**
 * The subscriptions of one push loop's shards: one for each consumer and shard. A second one is refused at first and takes
 * over later, as the service does it. Owns the loop; all state belongs to it.
 */
final class Subscriptions implements AutoCloseable {
    private final PushSettings settings;
    private final EventLoop loop;
    private final Ticker ticker;
    private final Map<Key, Opened> open = new HashMap<>();
    private final Map<ShardFeed.Key, ShardFeed> feeds = new HashMap<>();

    /** No subscriptions yet, on a loop of this name. */
    Subscriptions(PushSettings settings, Platform platform, String name) {
        this.settings = requireNonNull(settings, "settings");
        this.loop = platform.newEventLoop(name);
        this.ticker = platform.ticker();
    }

    /**
     * Opens a subscription. Safe for any thread. Fails with an {@link ApiException} if the last one of the same consumer
     * and shard began a moment ago, whatever became of it.
     *
     * @param streams those that the cursor stands in
     * @param place how the texts of errors call it
     */
    CompletableFuture<Subscription> open(Streams streams, ConsumerState consumer, ShardCursor cursor, String place) {
        return CompletableFuture.supplyAsync(() -> openNow(streams, consumer, cursor, place), loop);
    }

    private Subscription openNow(Streams streams, ConsumerState consumer, ShardCursor cursor, String place) {
        Key key = new Key(consumer.arn(), cursor.shard());
        Opened before = open.get(key);
        String another = "Another active subscription exists for this consumer: " + place;
        if (before != null && ticker.since(before.atNanos).compareTo(settings.takeOver()) < 0) {
            throw new ApiException(ErrorCode.RESOURCE_IN_USE, another);
        }
        ShardFeed feed = feeds.computeIfAbsent(ShardFeed.Key.of(cursor), any -> new ShardFeed(streams, loop, settings));
        Pipe pipe = new Pipe(streams, key, consumer, ShardFeed.Key.of(cursor), place);
        Subscription next = new Subscription(pipe, feed, cursor, loop, ticker, settings);
        try {
            next.start();
        } catch (RuntimeException refused) {
            pipe.ended(next);
            throw refused;
        }
        open.put(key, new Opened(next, ticker.nanoTime()));
        if (before != null) {
            before.subscription.fail(ErrorCode.RESOURCE_IN_USE.type(), another);
        }
        return next;
    }

    /** How many subscriptions are remembered: those that are open, and those that keep a second one out. Loop only. */
    int remembered() {
        return open.size();
    }

    /** The feeds that have subscribers. Loop only. */
    Collection<ShardFeed> feeds() {
        return feeds.values();
    }

    /** Forgets a subscription that is over, but not before a second one would be welcome. */
    private void forget(Key key, Subscription subscription) {
        Opened known = open.get(key);
        if (known == null || known.subscription != subscription) {
            return;
        }
        Duration left = settings.takeOver().minus(ticker.since(known.atNanos));
        if (left.isNegative() || left.isZero()) {
            open.remove(key);
        } else {
            try {
                var unused = loop.schedule(left, () -> open.remove(key, known));
            } catch (RejectedExecutionException closed) {
                // All of it goes.
            }
        }
    }

    /** Ends the loop and with it everything here; the transport has ended the answers before. */
    @Override
    public void close() {
        loop.close();
    }

    /** What there is one subscription of. */
    private record Key(String consumerArn, ShardId shard) {}

    /** A subscription and when it began. */
    private record Opened(Subscription subscription, long atNanos) {}

    /** What one subscription needs to know of the others and of its consumer. */
    private final class Pipe implements Subscription.Owner {
        private final Streams streams;
        private final Key key;
        private final ConsumerState consumer;
        private final ShardFeed.Key shard;
        private final String place;
        private final Pace pace;
        private final StreamProbe.PipeProbe probe;

        Pipe(Streams streams, Key key, ConsumerState consumer, ShardFeed.Key shard, String place) {
            this.streams = streams;
            this.key = key;
            this.consumer = consumer;
            this.shard = shard;
            this.place = place;
            this.pace = streams.quotas().pace(consumer.stream());
            this.probe = streams.probe(consumer.stream()).pipeOpened(consumer.name());
        }

        @Override
        public String name() {
            return "Subscription " + place;
        }

        @Override
        public Pace pace() {
            return pace;
        }

        @Override
        public StreamProbe.PipeProbe probe() {
            return probe;
        }

        @Override
        public Optional<String> whyGone() {
            if (streams.consumers().isActive(consumer)) {
                return Optional.empty();
            }
            try {
                ConsumerState now = streams.consumers().get(consumer.stream(), consumer.name());
                boolean isSame = now.created().equals(consumer.created());
                return isSame && now.status() == ConsumerState.Status.ACTIVE
                        ? Optional.empty()
                        : Optional.of("Consumer " + consumer.arn() + " was deregistered.");
            } catch (StreamException gone) {
                return Optional.of(String.valueOf(gone.getMessage()));
            }
        }

        @Override
        public void ended(Subscription subscription) {
            probe.close();
            ShardFeed feed = feeds.get(shard);
            if (feed != null && feed.leave(subscription)) {
                feeds.remove(shard);
            }
            forget(key, subscription);
        }
    }
}
