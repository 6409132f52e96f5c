package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Subscriptions of one consumer to a stream without a server, for tests and simulations: as the service has them, with heartbeats,
 * the rule of five seconds, takeover and five minutes of life; and with the ends, delays and silences that the platform's
 * randomness draws. Not safe for several threads; listeners are called on the event loop of the subscriptions.
 */
public final class InMemoryPipes implements ShardPipes {
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);
    private static final Duration RULE = Duration.ofSeconds(5);
    private static final Duration LIFE = Duration.ofMinutes(5);

    private final InMemoryStream stream;
    private final Platform platform;
    private final Ticker ticker;
    private final EventLoop loop;
    private final int faultPercent;
    private final Map<ShardId, Live> live = new HashMap<>();
    private final Map<ShardId, Long> acceptedAt = new HashMap<>();
    private final List<PipeEnd> ends = new ArrayList<>();
    private final List<Position> positions = new ArrayList<>();
    private int cancelled;
    private PipeEnd.@Nullable Kind refusal;
    private boolean silent;

    /**
     * Subscriptions to {@code stream}, on a loop of their own.
     *
     * @param faultPercent how many of a hundred subscriptions end at once, and of four hundred events never come
     */
    public InMemoryPipes(InMemoryStream stream, Platform platform, int faultPercent) {
        this.stream = requireNonNull(stream, "stream");
        this.platform = requireNonNull(platform, "platform");
        this.ticker = platform.ticker();
        this.loop = platform.newEventLoop("pipes");
        this.faultPercent = faultPercent;
    }

    /** From now on every subscription ends at once, in this way. */
    public void refuse(PipeEnd.Kind kind) {
        refusal = kind;
    }

    /** Subscriptions are accepted again. */
    public void accept() {
        refusal = null;
    }

    /** Open subscriptions and later ones bring nothing while it is true. */
    public void silence(boolean isSilent) {
        silent = isSilent;
    }

    /** Ends the subscription to a shard, if one is open. */
    public void end(ShardId shard, PipeEnd.Kind kind) {
        Live pipe = live.get(shard);
        if (pipe != null) {
            pipe.end(kind, "by the test");
        }
    }

    /** The consumer, or its stream, is deleted: every subscription ends, and later ones at once. */
    public void delete() {
        refuse(PipeEnd.Kind.GONE);
        List.copyOf(live.keySet()).forEach(shard -> end(shard, PipeEnd.Kind.GONE));
    }

    /** Every end that a listener was told, in order; a view. */
    public List<PipeEnd> ends() {
        return Collections.unmodifiableList(ends);
    }

    /** Where subscriptions were asked for, in order; a view. */
    public List<Position> positions() {
        return Collections.unmodifiableList(positions);
    }

    /** How many subscriptions were cancelled. */
    public int cancelled() {
        return cancelled;
    }

    @Override
    public Subscription subscribe(StreamName name, ShardId shard, Position from, PipeListener listener) {
        positions.add(from);
        Live pipe = new Live(shard, listener);
        schedule(moment(), () -> accept(pipe, from));
        return pipe;
    }

    private void accept(Live pipe, Position from) {
        Long before = acceptedAt.get(pipe.shard);
        if (refusal != null) {
            pipe.end(refusal, "by the test");
        } else if (happens()) {
            PipeEnd.Kind[] kinds = PipeEnd.Kind.values();
            pipe.end(kinds[platform.random().nextInt(kinds.length)], "drawn");
        } else if (before != null && ticker.since(before).compareTo(RULE) < 0) {
            pipe.end(PipeEnd.Kind.IN_USE, "within five seconds");
        } else {
            acceptedAt.put(pipe.shard, ticker.nanoTime());
            Live older = live.put(pipe.shard, pipe);
            if (older != null) {
                older.end(PipeEnd.Kind.IN_USE, "taken over");
            }
            pipe.begin(from);
        }
    }

    private void schedule(Duration delay, Runnable task) {
        EventLoop.Cancellable unused = loop.schedule(delay, task);
    }

    private boolean happens() {
        return platform.random().nextInt(100) < faultPercent;
    }

    private Duration moment() {
        return Duration.ofMillis(1 + platform.random().nextInt(20));
    }

    /** One subscription. */
    private final class Live implements Subscription {
        private final ShardId shard;
        private final PipeListener listener;
        private final ShardReader reader;
        private boolean over;
        private int asked;
        private boolean sending;
        private @Nullable ShardIterator next;
        private @Nullable SequenceNumber continuation;
        private long lastEventAt;

        Live(ShardId shard, PipeListener listener) {
            this.shard = shard;
            this.listener = listener;
            this.reader = stream.reader(stream.name(), shard);
        }

        void begin(Position from) {
            if (over) {
                return;
            }
            continuation = stream.shards().stream()
                    .filter(described -> described.id().equals(shard))
                    .map(described -> described.sequenceNumbers().starting())
                    .findFirst()
                    .orElse(null);
            lastEventAt = ticker.nanoTime();
            listener.opened();
            schedule(LIFE, () -> end(PipeEnd.Kind.COMPLETE, "five minutes"));
            var unused = reader.getIterator(from).whenComplete((found, error) -> {
                if (error != null) {
                    end(PipeEnd.Kind.GONE, "no such shard");
                } else {
                    next = found;
                    send();
                }
            });
        }

        @Override
        public void request() {
            asked++;
            schedule(moment(), this::send);
        }

        @Override
        public void cancel() {
            cancelled++;
            over = true;
            // The service learns of it later, and keeps the place until then.
            schedule(moment(), () -> live.remove(shard, this));
        }

        void end(PipeEnd.Kind kind, String message) {
            if (!over) {
                over = true;
                live.remove(shard, this);
                PipeEnd end = new PipeEnd(kind, message);
                ends.add(end);
                listener.ended(end);
            }
        }

        private void send() {
            ShardIterator from = next;
            if (over || asked == 0 || sending || from == null || silent) {
                return;
            }
            if (faultPercent > 0 && platform.random().nextInt(400) < faultPercent) {
                // Silent for ever, or broken.
                if (platform.random().nextBoolean()) {
                    end(PipeEnd.Kind.BROKEN, "drawn");
                }
                sending = true;
                return;
            }
            sending = true;
            schedule(moment(), () -> {
                sending = false;
                if (!over) {
                    send(from);
                }
            });
        }

        private void send(ShardIterator from) {
            ShardPage page = page(from);
            if (page == null) {
                end(PipeEnd.Kind.GONE, "no such shard");
                return;
            }
            boolean isDue = ticker.since(lastEventAt).compareTo(HEARTBEAT) >= 0;
            if (page.records().isEmpty() && page.nextOrNull() != null && !isDue) {
                schedule(Duration.ofMillis(50), this::send);
                return;
            }
            asked--;
            lastEventAt = ticker.nanoTime();
            next = page.nextOrNull();
            if (!page.records().isEmpty()) {
                continuation = page.records().get(page.records().size() - 1).sequenceNumber();
            }
            listener.event(new PipeEvent(
                    page.records(),
                    next == null ? null : requireNonNull(continuation),
                    page.millisBehindLatest(),
                    page.children()));
            if (next == null) {
                end(PipeEnd.Kind.COMPLETE, "the shard is read out");
            } else {
                send();
            }
        }

        private @Nullable ShardPage page(ShardIterator from) {
            try {
                return reader.getRecords(fresh(from), 1 + platform.random().nextInt(200))
                        .getNow(null);
            } catch (CompletionException gone) {
                if (gone.getCause() instanceof ShardReadException) {
                    return null;
                }
                throw gone;
            }
        }

        /** The service's own cursor does not expire as an iterator does. */
        private ShardIterator fresh(ShardIterator old) {
            String index = old.value().substring(0, old.value().indexOf('@'));
            return new ShardIterator(index + "@" + platform.clock().instant().getEpochSecond());
        }
    }
}
