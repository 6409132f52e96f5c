package io.millrace.streamcore.api.push;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Ticker;
import io.millrace.runtime.Transitions;
import io.millrace.streamcore.stream.ShardCursor;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.quota.Pace;
import io.millrace.streamcore.stream.watch.StreamProbe;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer's pipe from one shard: first the initial response, then an event whenever there are records and demand, an
 * empty event when there was none for the heartbeat's time, and an end: clean when the life is over or the shard read out,
 * after an exception frame when another subscription took over or something is gone. Nothing is read ahead of demand, so a
 * subscriber that asks for nothing costs nothing.
 *
 * <p>Belongs to its push loop. {@link #subscribe}, {@link #request} and {@link #cancel} are safe for any thread; the
 * subscriber is called on the loop. Demand is counted where it arises: the loop is woken for it only when it has looked for
 * some in vain.
 */
final class Subscription implements Flow.Publisher<ByteBuffer>, Flow.Subscription {
    private static final Logger log = LoggerFactory.getLogger(Subscription.class);

    private final String name;
    private final ShardFeed feed;
    private final EventLoop loop;
    private final Ticker ticker;
    private final PushSettings settings;
    private final Owner owner;

    private State state = State.OPEN;
    private ShardCursor cursor;
    private final AtomicLong demand = new AtomicLong();
    /** Whether new demand is to wake the loop: set by the loop before it looks for demand a last time. */
    private volatile boolean isStarved = true;

    private long lastEventNanos;
    private boolean isBeatDue = true;
    private Flow.@Nullable Subscriber<? super ByteBuffer> subscriber;
    private @Nullable ByteBuffer opening = PushedEvent.initialResponse();
    private @Nullable ByteBuffer lastWords;
    private EventLoop.Cancellable life = EventLoop.Cancellable.DONE;
    private EventLoop.Cancellable rest = EventLoop.Cancellable.DONE;
    private EventLoop.Cancellable heartbeat = EventLoop.Cancellable.DONE;

    /**
     * A subscription that waits for its subscriber.
     *
     * @param owner is told when it ends, and knows whether it may go on
     * @param cursor where it begins
     */
    Subscription(
            Owner owner, ShardFeed feed, ShardCursor cursor, EventLoop loop, Ticker ticker, PushSettings settings) {
        this.owner = requireNonNull(owner, "owner");
        this.name = owner.name();
        this.feed = requireNonNull(feed, "feed");
        this.cursor = requireNonNull(cursor, "cursor");
        this.loop = requireNonNull(loop, "loop");
        this.ticker = requireNonNull(ticker, "ticker");
        this.settings = requireNonNull(settings, "settings");
    }

    /** Begins its life. Loop only, as are all package-private methods. */
    void start() {
        feed.join(this, cursor);
        life = later(settings.life(), () -> complete("its time is over"));
    }

    /** There may be something new. */
    void wake() {
        if (state == State.FOLLOWING) {
            read("news");
        }
    }

    /** Says why with an exception frame, as soon as the subscriber takes it, and ends. */
    void fail(String type, String text) {
        if (state == State.ENDED || state == State.ENDING) {
            return;
        }
        lastWords = PushedEvent.exception(type, text);
        moveTo(State.ENDING, type);
        heartbeat.cancel();
        leave();
        pump();
    }

    boolean isOver() {
        return state == State.ENDED || state == State.ENDING;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> newSubscriber) {
        requireNonNull(newSubscriber, "subscriber");
        onLoop(() -> {
            if (subscriber != null) {
                throw new IllegalStateException("a subscription has one subscriber");
            }
            subscriber = newSubscriber;
            newSubscriber.onSubscribe(this);
            if (state == State.OPEN) {
                moveTo(State.BLOCKED, "subscribed");
            } else if (state == State.ENDED) {
                newSubscriber.onComplete();
            }
        });
    }

    @Override
    public void request(long count) {
        demand.accumulateAndGet(
                Math.max(0, count), (known, more) -> more > Long.MAX_VALUE - known ? Long.MAX_VALUE : known + more);
        if (isStarved) {
            onLoop(this::pump);
        }
    }

    @Override
    public void cancel() {
        onLoop(() -> end("cancelled"));
    }

    private void pump() {
        Flow.Subscriber<? super ByteBuffer> to = subscriber;
        if (to == null || state == State.ENDED) {
            return;
        }
        isStarved = false;
        if (opening != null && hasDemand()) {
            ByteBuffer first = opening;
            opening = null;
            demand.decrementAndGet();
            to.onNext(first);
        }
        if (state == State.ENDING) {
            if (lastWords != null && hasDemand()) {
                ByteBuffer last = lastWords;
                lastWords = null;
                demand.decrementAndGet();
                to.onNext(last);
                complete("said why");
            }
        } else if (state == State.BLOCKED) {
            read("demand");
        }
    }

    /** If there is none, the next that comes wakes the loop. */
    private boolean hasDemand() {
        if (demand.get() > 0) {
            return true;
        }
        isStarved = true;
        // What came before the loop said that it is to be woken is seen here.
        return demand.get() > 0;
    }

    /** Reads on, but not without demand, and not faster than the pipe's quota allows. */
    private void read(String reason) {
        if (!hasDemand()) {
            if (state != State.BLOCKED) {
                moveTo(State.BLOCKED, "no demand");
            }
            return;
        }
        long pause = owner.pace().pauseNanos();
        if (pause > 0) {
            moveTo(State.PAUSED, reason);
            rest = later(Duration.ofNanos(pause), () -> {
                if (state == State.PAUSED) {
                    read("rested");
                }
            });
            return;
        }
        readNow(reason);
    }

    private void readNow(String reason) {
        Optional<String> gone = owner.whyGone();
        if (gone.isPresent()) {
            fail("ResourceNotFoundException", gone.get());
            return;
        }
        if (state != State.READING) {
            moveTo(State.READING, reason);
        }
        feed.read(cursor, (event, error) -> {
            if (state == State.READING) {
                if (event == null) {
                    fail(requireNonNull(error));
                } else {
                    received(event);
                }
            }
        });
    }

    private void received(PushedEvent event) {
        boolean isEnd = event.next().isEmpty();
        cursor = event.next().orElse(cursor);
        if (!event.isEmpty() || isEnd || isBeatDue) {
            send(event);
        }
        if (isEnd) {
            complete("the shard is read out");
        } else if (event.millisBehindLatest() == 0 && feed.news() == event.news()) {
            moveTo(State.FOLLOWING, "caught up");
        } else {
            // As a later task: others have their turn, however much there is to read.
            onLoop(() -> {
                if (state == State.READING) {
                    read("more");
                }
            });
        }
    }

    private void send(PushedEvent event) {
        demand.decrementAndGet();
        isBeatDue = false;
        owner.pace().sent(event.bytes());
        owner.probe().pushed(event.records(), event.bytes(), event.millisBehindLatest());
        lastEventNanos = ticker.nanoTime();
        requireNonNull(subscriber).onNext(event.frame());
        if (heartbeat == EventLoop.Cancellable.DONE) {
            beatAfter(settings.heartbeat());
        }
    }

    /** One timer at a time: events in between only put it off. */
    private void beatAfter(Duration time) {
        heartbeat = later(time, () -> {
            Duration left = settings.heartbeat().minus(ticker.since(lastEventNanos));
            if (!left.isNegative() && !left.isZero()) {
                beatAfter(left);
                return;
            }
            isBeatDue = true;
            beatAfter(settings.heartbeat());
            if (state == State.FOLLOWING) {
                feed.rest();
            }
            if (state == State.FOLLOWING && !hasDemand()) {
                moveTo(State.BLOCKED, "no demand");
            } else if (state == State.FOLLOWING || state == State.PAUSED) {
                // Clients take a silent pipe for a dead one, so the beat goes before the pace.
                rest.cancel();
                readNow("heartbeat");
            }
        });
    }

    private void fail(Throwable error) {
        boolean isGone =
                error instanceof StreamException refused && refused.kind() == StreamException.Kind.RESOURCE_NOT_FOUND;
        if (!isGone) {
            log.warn("{} ends: {}", name, error.toString());
        }
        String text = String.valueOf(error.getMessage());
        fail(
                isGone ? "ResourceNotFoundException" : "InternalFailureException",
                isGone ? text : "The shard could not be read.");
    }

    private void complete(String reason) {
        Flow.Subscriber<? super ByteBuffer> to = subscriber;
        boolean wasOver = state == State.ENDED;
        end(reason);
        if (to != null && !wasOver) {
            to.onComplete();
        }
    }

    private void end(String reason) {
        if (state != State.ENDED) {
            moveTo(State.ENDED, reason);
            life.cancel();
            heartbeat.cancel();
            rest.cancel();
            leave();
        }
    }

    private void leave() {
        owner.ended(this);
    }

    private EventLoop.Cancellable later(Duration time, Runnable task) {
        try {
            return loop.schedule(time, task);
        } catch (RejectedExecutionException closed) {
            // The same: nothing is due any more.
            return EventLoop.Cancellable.DONE;
        }
    }

    private void onLoop(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException closed) {
            // The server is closing: its transport ends the answer.
        }
    }

    private void moveTo(State next, String reason) {
        state = State.TRANSITIONS.move(state, next, reason, name);
    }

    /** Whom a subscription belongs to. */
    interface Owner {
        /** How logs call the subscription. */
        String name();

        /** How fast it may push. */
        Pace pace();

        /** Hears what it pushes. */
        StreamProbe.PipeProbe probe();

        /** What the subscriber is told if its consumer is not there any more. */
        Optional<String> whyGone();

        /** It reads no more. May be told twice. */
        void ended(Subscription subscription);
    }

    /** The state of a subscription. */
    enum State {
        /** Nobody listens yet. */
        OPEN,
        /** There is no demand. */
        BLOCKED,
        /** The shard is being read. */
        READING,
        /** Was too fast for its quota and waits. */
        PAUSED,
        /** Caught up, waits for news. */
        FOLLOWING,
        /** An exception waits to be taken. */
        ENDING,
        /** Over. */
        ENDED;

        static final Transitions<State> TRANSITIONS = Transitions.table(State.class)
                .from(OPEN)
                .to(BLOCKED, "a subscriber is here")
                .to(ENDING, "something is wrong, or another took over")
                .to(ENDED, "it is cancelled, or its time is over")
                .from(BLOCKED)
                .to(PAUSED, "there is demand, but it was too fast")
                .to(READING, "there is demand")
                .to(ENDING, "something is wrong, or another took over")
                .to(ENDED, "it is cancelled, or its time is over")
                .from(PAUSED)
                .to(PAUSED, "it was still too fast")
                .to(READING, "it has rested, or a heartbeat is due")
                .to(ENDING, "something is wrong, or another took over")
                .to(ENDED, "it is cancelled, or its time is over")
                .from(READING)
                .to(PAUSED, "there is more, but it was too fast")
                .to(BLOCKED, "there is no demand")
                .to(FOLLOWING, "it has caught up")
                .to(ENDING, "something is wrong, or another took over")
                .to(ENDED, "the shard is read out, or the subscription over")
                .from(FOLLOWING)
                .to(PAUSED, "there is news, but it was too fast")
                .to(BLOCKED, "there is no demand")
                .to(READING, "there is news, or a heartbeat is due")
                .to(ENDING, "something is wrong, or another took over")
                .to(ENDED, "it is cancelled, or its time is over")
                .from(ENDING)
                .to(ENDED, "its subscriber knows why, or has left")
                .build();
    }
}
