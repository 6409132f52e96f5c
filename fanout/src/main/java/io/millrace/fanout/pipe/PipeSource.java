package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.ByteBudget;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a shard through a pipe and, while the pipe is not open and records are wanted, by polling (the bridge). Both go on from
 * one {@link ReadPlace}. The pipe is subscribed to again after every end, as the table of {@link Reaction} has it; its first
 * event ends the bridge.
 *
 * <p>Belongs to the event loop of {@link PipeSources}.
 */
final class PipeSource implements RecordSource {
    private static final Logger log = LoggerFactory.getLogger(PipeSource.class);

    /** Longer than a client takes for an event that it holds. */
    private static final Duration AWAITED = Duration.ofMillis(250);

    private final StreamName stream;
    private final ShardId shard;
    private final HashKeyRange hashKeys;
    private final RecordSourceListener listener;
    private final PipeSources.Shared shared;
    private final PipeSettings settings;
    private final EventLoop loop;
    private final Ticker ticker;
    private final EventBuffer buffer;
    private final ReadPlace place;

    private PipeState state = PipeState.WAITING;
    private ShardPipes.@Nullable Subscription pipe;
    /** Numbers the subscriptions, so that what an older one still tells is known as such. */
    private int number;
    /** When the service last accepted a subscription. */
    private @Nullable Long openedAt;

    private boolean eventAsked;
    /** When it was asked for, in ticks. */
    private long askedAt;
    /** The last event was made after this time, in ticks. */
    private long madeAfter;
    /** Stands in the budget's queue. */
    private boolean awaitsRoom;

    private int failures;
    /** The listener knows that the pipe fails. */
    private boolean failureTold;

    private @Nullable Bridge bridge;
    private boolean requested;
    private List<ChildShard> children = List.of();

    /** Subscribes, parks or gives up on a silent pipe: one of them at a time. */
    private EventLoop.Cancellable timer = EventLoop.Cancellable.DONE;

    private EventLoop.Cancellable bridgeTimer = EventLoop.Cancellable.DONE;

    /** Looks whether the listener has heard anything. */
    private EventLoop.Cancellable watch = EventLoop.Cancellable.DONE;

    /** When it last heard something, or began to want it, in ticks. */
    private long heardAt;

    /** Why there is no pipe, in words. */
    private String lastEnd = "its subscription is not answered";

    /** Ends the first subscription early. */
    private EventLoop.Cancellable renewal = EventLoop.Cancellable.DONE;

    PipeSource(
            StreamName stream,
            ShardId shard,
            HashKeyRange hashKeys,
            Position from,
            RecordSourceListener listener,
            PipeSources.Shared shared) {
        this.stream = stream;
        this.shard = shard;
        this.hashKeys = requireNonNull(hashKeys, "hashKeys");
        this.listener = requireNonNull(listener, "listener");
        this.shared = shared;
        this.settings = shared.settings();
        this.loop = shared.loop();
        this.ticker = shared.platform().ticker();
        this.buffer = new EventBuffer(settings.bufferBytes(), shared.ways().budget());
        this.place = new ReadPlace(requireNonNull(from, "from"), ticker, settings.continuationLife());
    }

    void start() {
        heard();
        watch();
        subscribe();
    }

    // What the user asks for.

    @Override
    public void request() {
        if (state == PipeState.CLOSED) {
            return;
        }
        if (requested) {
            throw new IllegalStateException(this + ": the request before is not answered yet");
        }
        requested = true;
        heard();
        loop.execute(this::giveOut);
    }

    @Override
    public void release(SourceBatch batch) {
        if (state != PipeState.CLOSED) {
            buffer.release(batch);
            heard();
            askForEvent();
            if (requested) {
                loop.execute(this::giveOut);
            }
        }
    }

    @Override
    public Optional<SequenceNumber> end(List<ChildShard> following) {
        if (state != PipeState.CLOSED && state != PipeState.ENDED) {
            cancelPipe();
            bridgeTimer.cancel();
            Bridge open = bridge;
            if (open != null) {
                // It gives out what it holds and ends then.
                if (state != PipeState.WAITING) {
                    moveTo(PipeState.WAITING, "the shard is over");
                }
                return open.end(following);
            }
            children = List.copyOf(following);
            moveTo(PipeState.ENDED, "the shard is over");
            loop.execute(this::giveOut);
        }
        return place.lastRead();
    }

    @Override
    public void close() {
        if (state == PipeState.CLOSED) {
            return;
        }
        moveTo(PipeState.CLOSED, "closed");
        cancelPipe();
        endBridge();
        timer.cancel();
        bridgeTimer.cancel();
        watch.cancel();
        buffer.clear();
    }

    private void giveOut() {
        if (!requested || state == PipeState.CLOSED) {
            return;
        }
        if (!buffer.isEmpty()) {
            requested = false;
            listener.batch(buffer.take());
        } else if (state == PipeState.ENDED) {
            requested = false;
            listener.shardEnded(children);
        } else if (!buffer.mayHoldMore()) {
            awaitRoom();
            listener.awaitsRelease();
        } else if (state == PipeState.PARKED) {
            moveTo(PipeState.WAITING, "records are wanted");
            subscribeIn(untilAllowed());
        } else if (bridge != null) {
            bridge.request();
        }
    }

    // The pipe.

    private void subscribe() {
        moveTo(PipeState.OPENING, "subscribing");
        madeAfter = ticker.nanoTime();
        int mine = ++number;
        Position from = place.toSubscribe();
        Homecoming events = new Homecoming(mine);
        ShardPipes.Subscription opening = shared.ways().pipes().subscribe(stream, shard, from, events);
        events.subscription = opening;
        pipe = opening;
        bridgeIn(settings.bridgeAfter());
        askForEvent();
    }

    private void opened() {
        if (openedAt == null) {
            renewal = loop.schedule(firstLife(), this::renew);
        }
        openedAt = ticker.nanoTime();
        shared.meters().opened();
    }

    private Duration firstLife() {
        int half = (int) PipeSettings.SERVICE_LIFE.dividedBy(2).toMillis();
        return PipeSettings.SERVICE_LIFE.minusMillis(shared.platform().random().nextInt(half));
    }

    /**
     * Ends a subscription before the service does. All pipes of a worker open within moments of each other and would end so, every
     * five minutes; a first life of another length each spreads them for good.
     */
    private void renew() {
        if (state == PipeState.FLOWING) {
            cancelPipe();
            moveTo(PipeState.WAITING, "its first life is cut short, to spread renewals");
            subscribeIn(untilAllowed());
        }
    }

    /** An event that comes as soon as it is asked for may have waited here for long; one that does not was made meanwhile. */
    private void cameAt(long tick) {
        if (tick - askedAt >= AWAITED.toNanos()) {
            madeAfter = askedAt;
        }
    }

    private void take(PipeEvent event, List<StreamRecord> all, List<SourceBatch> batches) {
        if (event.continuation() == null && !event.endsShard()) {
            react(new PipeEnd(PipeEnd.Kind.BROKEN, "an event without continuation names no child shards"));
            return;
        }
        eventAsked = false;
        heard();
        buffer.unreserve();
        failures = 0;
        bridgeTimer.cancel();
        endBridge();
        if (failureTold) {
            failureTold = false;
            listener.pipeWorks();
        }
        if (state == PipeState.OPENING) {
            moveTo(PipeState.FLOWING, "the first event is here");
        }
        place.trimmed(event)
                .ifPresent(last -> listener.trimmed(
                        last, event.records().isEmpty() ? null : event.records().get(0)));
        List<StreamRecord> records = place.unread(event, all);
        shared.meters().read(records.size());
        shared.time().observe(event.records(), event.millisBehindLatest());
        buffer.add(records.size() == all.size() ? batches : batches(event, records));
        if (!buffer.isEmpty()) {
            // Before the next event is asked for, which wakes another thread: records do not wait for that.
            giveOut();
        }
        if (state == PipeState.CLOSED) {
            // The listener closed this source while it took them.
            return;
        }
        if (event.endsShard()) {
            readOut(event.children());
        } else {
            askForEvent();
        }
        if (records.isEmpty() && buffer.isEmpty() && !event.endsShard()) {
            Instant made = shared.time().at(madeAfter);
            listener.idle(
                    event.millisBehindLatest(), made == null ? null : made.minusMillis(event.millisBehindLatest()));
        }
        giveOut();
    }

    private List<SourceBatch> batches(PipeEvent event, List<StreamRecord> records) {
        return SourceBatch.of(records, event.millisBehindLatest(), settings.maxRecordsPerBatch());
    }

    /** Asks for the next event while there is room, and watches that it comes; parks the pipe while there is none. */
    private void askForEvent() {
        ShardPipes.Subscription open = pipe;
        if (open == null || eventAsked) {
            return;
        }
        timer.cancel();
        if (buffer.mayHoldMore()) {
            eventAsked = true;
            askedAt = ticker.nanoTime();
            buffer.reserve();
            open.request();
            timer = loop.schedule(
                    settings.silence(),
                    () -> react(new PipeEnd(PipeEnd.Kind.BROKEN, "no event for " + settings.silence())));
        } else {
            awaitRoom();
            timer = loop.schedule(settings.parkAfter(), this::park);
        }
    }

    /** Goes on when others have given back enough; room in the shard's own buffer comes with a release. */
    private void awaitRoom() {
        ByteBudget budget = shared.ways().budget();
        if (!awaitsRoom && !budget.hasRoom()) {
            awaitsRoom = true;
            budget.awaitRoom(this::roomCame);
        }
    }

    /** Called from another source's task; one that has ended takes nothing from it. */
    private void roomCame() {
        awaitsRoom = false;
        if (state != PipeState.CLOSED) {
            heard();
            loop.execute(this::goOnIfThereIsRoom);
        }
    }

    /** Others may have taken the room meanwhile; the time until the pipe is parked goes on then. */
    private void goOnIfThereIsRoom() {
        if (state == PipeState.CLOSED) {
            return;
        }
        if (buffer.mayHoldMore()) {
            askForEvent();
            giveOut();
        } else {
            awaitRoom();
        }
    }

    private void park() {
        cancelPipe();
        moveTo(PipeState.PARKED, "no demand for " + settings.parkAfter());
    }

    private void react(PipeEnd end) {
        cancelPipe();
        moveTo(PipeState.WAITING, end.kind() + " (" + end.message() + ")");
        Reaction reaction = Reaction.to(end.kind());
        failures++;
        lastEnd = "its last pipe ended: " + end.kind() + " (" + end.message() + ")";
        shared.meters().ended(end.kind());
        Duration wait = longer(
                reaction.retry().delay(failures, shared.platform().random()),
                end.kind() == PipeEnd.Kind.COMPLETE ? Duration.ZERO : untilAllowed());
        subscribeIn(wait);
        bridgeIn(wait.compareTo(settings.bridgeAfter()) > 0 ? Duration.ZERO : settings.bridgeAfter());
        if (!reaction.isRoutine() || failures > 2) {
            failed(new SourceTrouble(reaction.trouble(), failures, end.message()));
        }
    }

    private void failed(SourceTrouble trouble) {
        failureTold = true;
        heard();
        listener.pipeFails(trouble);
    }

    // Silence.

    /** The listener hears something, or wants something from now on. */
    private void heard() {
        heardAt = ticker.nanoTime();
    }

    /**
     * Tells why a shard that records are wanted of is silent, where nothing else does: its pipe may wait after an end that is routine,
     * or for an answer, while the bridge has none either.
     */
    private void watch() {
        if (state == PipeState.CLOSED) {
            return;
        }
        Duration left = settings.silence().minus(ticker.since(heardAt));
        if (left.isNegative() || left.isZero()) {
            boolean isWanted = requested && state != PipeState.ENDED && buffer.mayHoldMore();
            if (isWanted && !failureTold) {
                failed(new SourceTrouble(
                        ShardReadException.Kind.TRANSIENT,
                        Math.max(1, failures),
                        "nothing has come for " + settings.silence() + ", by polling neither; " + lastEnd));
            }
            heard();
            left = settings.silence();
        }
        watch = loop.schedule(left, this::watch);
    }

    private void subscribeIn(Duration wait) {
        timer.cancel();
        timer = loop.schedule(wait, this::subscribe);
    }

    /** What is left of the service's rule that a subscription keeps others out for five seconds, and a moment more. */
    private Duration untilAllowed() {
        Long opened = openedAt;
        if (opened == null) {
            return Duration.ZERO;
        }
        Duration left = PipeSettings.SERVICE_RULE.minus(ticker.since(opened));
        return left.isNegative()
                ? Duration.ZERO
                : left.plusMillis(20 + shared.platform().random().nextInt(80));
    }

    private void cancelPipe() {
        timer.cancel();
        ShardPipes.Subscription open = pipe;
        pipe = null;
        eventAsked = false;
        buffer.unreserve();
        renewal.cancel();
        if (open != null) {
            open.cancel();
        }
    }

    private void readOut(List<ChildShard> following) {
        cancelPipe();
        endBridge();
        bridgeTimer.cancel();
        children = following;
        moveTo(PipeState.ENDED, "the shard is read out");
    }

    // The bridge.

    private void bridgeIn(Duration wait) {
        bridgeTimer.cancel();
        if (bridge == null) {
            bridgeTimer = loop.schedule(wait, this::openBridge);
        }
    }

    private void openBridge() {
        if (bridge == null && (state == PipeState.WAITING || state == PipeState.OPENING)) {
            log.debug("{}: polls until the pipe is open", this);
            bridge = new Bridge();
            giveOut();
        }
    }

    private void endBridge() {
        Bridge open = bridge;
        bridge = null;
        if (open != null) {
            open.close();
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private void moveTo(PipeState next, String reason) {
        state = PipeState.TRANSITIONS.move(state, next, reason, this);
    }

    @Override
    public String toString() {
        return stream + "/" + shard;
    }

    /** Brings what a subscription tells, on any thread, home to the loop. */
    private final class Homecoming implements ShardPipes.PipeListener {
        private final int mine;
        private volatile ShardPipes.@Nullable Subscription subscription;

        Homecoming(int mine) {
            this.mine = mine;
        }

        @Override
        public void opened() {
            home(PipeSource.this::opened);
        }

        @Override
        public void event(PipeEvent event) {
            List<StreamRecord> all = settings.aggregates().in(event.records(), hashKeys);
            List<SourceBatch> batches = batches(event, all);
            long tick = ticker.nanoTime();
            home(() -> {
                cameAt(tick);
                take(event, all, batches);
            });
        }

        @Override
        public void ended(PipeEnd end) {
            home(() -> react(end));
        }

        /** Runs {@code task} on the loop, unless the subscription is not the current one any more. */
        private void home(Runnable task) {
            try {
                loop.execute(() -> {
                    if (mine == number && pipe != null) {
                        task.run();
                    }
                });
            } catch (RejectedExecutionException over) {
                // Nobody is left to read what comes.
                ShardPipes.Subscription open = subscription;
                if (open != null) {
                    open.cancel();
                }
            }
        }
    }

    /** A polling source that answers requests until the pipe does. */
    private final class Bridge implements RecordSourceListener {
        private final RecordSource source = shared.ways().bridges().open(stream, shard, hashKeys, place.toPoll(), this);
        private boolean asked;

        void request() {
            if (!asked) {
                asked = true;
                source.request();
            }
        }

        Optional<SequenceNumber> end(List<ChildShard> following) {
            return source.end(following);
        }

        void close() {
            source.close();
        }

        @Override
        public void batch(SourceBatch batch) {
            asked = false;
            requested = false;
            heard();
            place.polled(batch);
            shared.meters().bridged(batch.records().size());
            buffer.lend(batch);
            source.release(batch);
            listener.batch(batch);
        }

        @Override
        public void shardEnded(List<ChildShard> following) {
            readOut(following);
            giveOut();
        }

        @Override
        public void idle(long millisBehindLatest, @Nullable Instant readUpTo) {
            heard();
            listener.idle(millisBehindLatest, readUpTo);
        }

        @Override
        public void trimmed(SequenceNumber lastRead, @Nullable StreamRecord oldestOrNull) {
            listener.trimmed(lastRead, oldestOrNull);
        }

        @Override
        public void trouble(SourceTrouble trouble) {
            heard();
            listener.trouble(trouble);
        }
    }
}
