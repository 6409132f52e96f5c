package io.millrace.producer;

import static java.util.Objects.requireNonNull;

import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.producer.ProducerMeters.Again;
import io.millrace.producer.ProducerMeters.Outcome;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.EventLoop.Cancellable;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * All that a producer does after a record was accepted: requests and their answers, the map of the shards, ages, flushes and the
 * end. Belongs to its loop but for the methods that say otherwise.
 */
final class ProducerCore {
    private static final Logger log = LoggerFactory.getLogger(ProducerCore.class);

    private static final Duration PAUSE_BETWEEN_LISTINGS = Duration.ofMillis(100);

    private final ProducerSettings settings;
    private final EventLoop loop;
    private final Ticker ticker;
    private final RandomGenerator random;
    private final KinesisCalls calls;
    private final Room room;
    private final ProducerMeters meters;
    /** Records without an outcome; others look at it. */
    private final AtomicLong held;

    private final Arrivals arrivals = new Arrivals();
    private final Outbox outbox;
    private final Flushes flushes = new Flushes();
    /** Records that were taken and have no outcome yet. */
    private long open;

    private final Set<Request> underWay = new LinkedHashSet<>();
    private final Strayed strayed = new Strayed();
    private final ServiceTrouble trouble;

    private FlowState state = FlowState.LISTING;
    private boolean isListing;
    private int listingsInVain;
    private long listAt;
    private long taken;
    private long flushed;
    private long freed;
    private boolean mustLook;
    private long lookAt;
    private Cancellable timer = Cancellable.DONE;
    private Cancellable deadline = Cancellable.DONE;
    private Runnable onEnd = () -> {};
    /** There once the producer is being closed. */
    private @Nullable List<UnstoredRecord> leftBehind;

    ProducerCore(
            ProducerSettings settings,
            Platform platform,
            KinesisCalls calls,
            Room room,
            ProducerMeters meters,
            AtomicLong held) {
        this.settings = settings;
        this.loop = platform.newEventLoop("millrace-producer-" + settings.stream());
        this.ticker = platform.ticker();
        this.random = platform.random();
        this.calls = calls;
        this.room = room;
        this.meters = meters;
        this.held = held;
        this.outbox = new Outbox(settings);
        long now = ticker.nanoTime();
        this.trouble = new ServiceTrouble(settings.stream(), ticker, random);
        this.listAt = now;
        this.lookAt = now;
    }

    /** True on the thread that completes what senders wait for. */
    boolean isOwnThread() {
        return loop.inEventLoop();
    }

    /** Takes a record over; from any thread. */
    void accept(Pending record) {
        held.incrementAndGet();
        if (arrivals.add(record)) {
            wake();
        }
    }

    /** See {@link Producer#trouble}; from any thread. */
    Optional<Throwable> trouble() {
        return trouble.reason();
    }

    /** A record was turned away; from any thread. */
    void noRoom() {
        meters.ended(Outcome.NO_ROOM);
    }

    /** Has the loop look for records that have to go; from any thread. */
    void makeRoom() {
        wake();
    }

    /** Sends what waits for company; from any thread. */
    void hurry() {
        onLoop(() -> {
            if (state != FlowState.ENDED) {
                takeArrivals();
                hurry(taken);
            }
            work();
        });
    }

    /** See {@link Producer#flush}; from any thread. */
    CompletableFuture<@Nullable Void> flush() {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        boolean isTaken = onLoop(() -> {
            if (state == FlowState.ENDED) {
                done.complete(null);
                return;
            }
            takeArrivals();
            hurry(taken);
            flushes.add(taken, open, done);
            work();
        });
        if (!isTaken) {
            done.complete(null);
        }
        return done;
    }

    /** See {@link Producer#closeAsync}; from any thread, once. */
    void close(Duration limit, Consumer<List<UnstoredRecord>> ended) {
        loop.execute(() -> {
            List<UnstoredRecord> unstored = new ArrayList<>();
            leftBehind = unstored;
            deadline = loop.schedule(limit, this::end);
            onEnd = () -> ended.accept(List.copyOf(unstored));
            hurry(Long.MAX_VALUE);
            work();
        });
    }

    /** False if the loop has ended; then nobody else takes what senders have handed over. */
    private boolean onLoop(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException ended) {
            failArrivals();
            return false;
        }
    }

    private boolean wake() {
        return onLoop(this::work);
    }

    /** After the end there is no loop: whoever still hands something over learns it on his own thread. */
    private void failArrivals() {
        for (Pending late = arrivals.poll(); late != null; late = arrivals.poll()) {
            held.decrementAndGet();
            room.free(late.weight());
            late.outcome().completeExceptionally(new SendException.Closed(false, null));
        }
    }

    private boolean takeArrivals() {
        long before = taken;
        for (Pending next = arrivals.poll(); next != null; next = arrivals.poll()) {
            taken++;
            open++;
            next.number(taken);
            outbox.add(next);
            lookAt = earlier(lookAt, next.acceptedAt() + settings.linger().toNanos());
        }
        return taken > before;
    }

    private void work() {
        if (state == FlowState.ENDED) {
            failArrivals();
            return;
        }
        boolean hasMore = takeArrivals();
        long now = ticker.nanoTime();
        if (settings.whenFull() == WhenFull.DROP_OLDEST && room.shortage() > 0) {
            outbox.oldest(room.shortage()).forEach(record -> fail(record, Outcome.NO_ROOM, noRoom(record)));
        }
        if (state == FlowState.SETTLING && underWay.isEmpty()) {
            move(FlowState.LISTING, "all requests are answered");
        }
        if (state == FlowState.LISTING && !isListing && now - listAt >= 0 && hasWork()) {
            list();
        }
        if (mustLook || now - lookAt >= 0 || outbox.hasGrown()) {
            look(now);
        }
        free();
        if (leftBehind != null && open == 0) {
            end();
        } else {
            sleep(now, hasMore);
        }
    }

    /** Records up to this number wait for no company any more. */
    private void hurry(long number) {
        flushed = Math.max(flushed, number);
        mustLook = true;
    }

    private boolean hasWork() {
        return !outbox.isEmpty() || !strayed.isEmpty();
    }

    private void look(long now) {
        mustLook = false;
        outbox.expired(now).forEach(this::expire);
        strayed.takeOlderThan(settings.giveUpAfter().toNanos(), now).forEach(this::expire);
        boolean isOpen = state == FlowState.SENDING && trouble.pause(now) <= 0;
        while (isOpen && underWay.size() < settings.requests()) {
            Request request = outbox.next(now, flushed);
            if (request == null) {
                break;
            }
            send(request);
        }
        boolean maySend = isOpen && underWay.size() < settings.requests();
        long until = outbox.untilNext(now, maySend);
        if (state == FlowState.SENDING && !isOpen) {
            until = Math.min(until, trouble.pause(now));
        }
        if (state == FlowState.LISTING && !isListing) {
            until = Math.min(until, Math.max(0, listAt - now));
        }
        if (!strayed.isEmpty()) {
            until = Math.min(until, settings.giveUpAfter().toNanos());
        }
        // So far that differences of nanoseconds do not overflow.
        lookAt = now + Math.min(until, Long.MAX_VALUE / 4);
    }

    /** Sets the timer; while records come the loop looks for more of them by itself. */
    private void sleep(long now, boolean hasMore) {
        timer.cancel();
        timer = Cancellable.DONE;
        long linger = settings.linger().toNanos();
        if (!hasMore || linger == 0) {
            if (arrivals.sleeps()) {
                wake();
            }
            if (hasWork()) {
                timer = loop.schedule(Duration.ofNanos(Math.max(0, lookAt - now)), this::work);
            }
        } else {
            long wait = Math.min(linger, Math.max(0, lookAt - now));
            timer = loop.schedule(Duration.ofNanos(wait), this::work);
        }
    }

    private void send(Request request) {
        underWay.add(request);
        long sent = ticker.nanoTime();
        loop.whenComplete(calls.put(request), (answers, error) -> {
            if (state == FlowState.ENDED) {
                return;
            }
            meters.called(ticker.nanoTime() - sent);
            underWay.remove(request);
            request.parcels().forEach(parcel -> parcel.route().answered());
            if (answers == null) {
                refused(request, Failure.of(requireNonNull(error)));
            } else if (answers.size() != request.parcels().size()) {
                refused(
                        request,
                        new Failure(
                                Failure.Kind.UNKNOWN,
                                new IllegalStateException("the answer has " + answers.size() + " results for "
                                        + request.parcels().size() + " records")));
            } else {
                answered(request, answers);
            }
            mustLook = true;
            work();
        });
    }

    private void answered(Request request, List<Answer> answers) {
        Map<Route, Failure> refusedAt = new LinkedHashMap<>();
        int stored = 0;
        // From the last to the first, so that those that are given back are in their order again.
        for (int i = answers.size() - 1; i >= 0; i--) {
            Parcel parcel = request.parcels().get(i);
            Answer answer = answers.get(i);
            if (answer instanceof Answer.Taken taken) {
                stored++;
                stored(parcel, taken.shard(), taken.number());
            } else if (answer instanceof Answer.NotTaken refused) {
                refusedAt.put(parcel.route(), refused.failure());
                giveBack(parcel, refused.failure());
            }
        }
        long now = ticker.nanoTime();
        refusedAt.keySet().forEach(route -> route.refused(now, random));
        if (stored > 0) {
            trouble.end();
        } else {
            refusedAt.values().stream().findFirst().ifPresent(trouble::meet);
        }
    }

    private void refused(Request request, Failure failure) {
        switch (failure.kind()) {
            case FOR_NOW, UNKNOWN -> {
                List<Parcel> parcels = request.parcels();
                for (int i = parcels.size() - 1; i >= 0; i--) {
                    giveBack(parcels.get(i), failure);
                }
                trouble.meetAndPause(failure);
            }
            case MALFORMED -> {
                if (request.parcels().size() == 1) {
                    refuse(request, failure.cause());
                } else {
                    // One record is enough to have all of them refused: it is found by halves.
                    sendAgain(request.half(true));
                    sendAgain(request.half(false));
                }
            }
            case FOR_GOOD -> {
                refuse(request, failure.cause());
                if (failure.cause() instanceof ResourceNotFoundException && state == FlowState.SENDING) {
                    // One that is made anew may have other shards of the same names.
                    move(FlowState.SETTLING, "the stream is gone");
                }
            }
        }
    }

    private void sendAgain(Request half) {
        half.parcels().forEach(parcel -> parcel.route().sent());
        send(half);
    }

    private void refuse(Request request, Throwable cause) {
        request.parcels().forEach(parcel -> parcel.records().forEach(record -> refuse(record, cause)));
    }

    private void refuse(Pending record, Throwable cause) {
        // An answer that cannot be read says nothing about the records.
        boolean mayBeStored = record.mayBeStored() || !(cause instanceof AwsServiceException);
        fail(record, Outcome.REFUSED, new SendException.Refused(mayBeStored, cause));
    }

    private void giveBack(Parcel parcel, Failure failure) {
        boolean perhapsStored = failure.kind() == Failure.Kind.UNKNOWN;
        parcel.records().forEach(record -> record.failed(failure.cause(), perhapsStored));
        meters.again(
                perhapsStored ? Again.FAILED : Again.THROTTLED, parcel.records().size());
        outbox.giveBack(parcel.route(), parcel.records());
    }

    private void stored(Parcel parcel, ShardId shard, SequenceNumber number) {
        meters.entryStored();
        parcel.route().stored();
        ShardId expected = parcel.route().shard();
        // A key that the map has no shard for contradicts it wherever its record is.
        boolean isElsewhere = expected == null ? outbox.map().isKnown() : !expected.equals(shard);
        if (isElsewhere && parcel.isAggregate()) {
            strayed.add(parcel, shard, number);
        } else {
            succeed(parcel, shard, number);
        }
        if (isElsewhere && state == FlowState.SENDING) {
            move(FlowState.SETTLING, "a record for " + (expected == null ? "no shard" : expected) + " is in " + shard);
        }
    }

    private void list() {
        isListing = true;
        listAt = ticker.nanoTime() + PAUSE_BETWEEN_LISTINGS.toNanos();
        meters.listed();
        loop.whenComplete(calls.shards(), (map, error) -> {
            if (state == FlowState.ENDED) {
                return;
            }
            isListing = false;
            if (map == null) {
                listingFailed(Failure.of(requireNonNull(error)));
            } else {
                listed(map);
            }
            mustLook = true;
            work();
        });
    }

    private void listed(ShardMap map) {
        trouble.end();
        List<Pending> misplaced = strayed.judge(map, this::succeed);
        if (!strayed.isEmpty()) {
            // The list is older than the answer.
            listLater();
            outbox.remap(outbox.map(), misplaced);
            return;
        }
        meters.again(Again.MISPLACED, misplaced.size());
        listingsInVain = 0;
        outbox.remap(map, misplaced);
        move(FlowState.SENDING, map.ways() - 1 + " open shards");
    }

    private void listingFailed(Failure failure) {
        if (failure.kind() == Failure.Kind.FOR_NOW || failure.kind() == Failure.Kind.UNKNOWN || !strayed.isEmpty()) {
            trouble.meet(failure);
            listLater();
        } else if (failure.cause() instanceof ResourceNotFoundException) {
            outbox.all().forEach(record -> refuse(record, failure.cause()));
        } else {
            if (settings.aggregateBytes() > 0) {
                log.warn(
                        "The shards of stream {} may not be listed (kinesis:ListShards), so records are not aggregated: {}",
                        settings.stream(),
                        failure.cause().toString());
            }
            outbox.remap(ShardMap.UNKNOWN, List.of());
            move(FlowState.SENDING, "the shards may not be listed");
        }
    }

    private void listLater() {
        listingsInVain++;
        listAt = ticker.nanoTime()
                + ServiceTrouble.BACKOFF.delay(listingsInVain, random).toNanos();
    }

    private void expire(Pending record) {
        fail(
                record,
                Outcome.EXPIRED,
                new SendException.Expired(settings.giveUpAfter(), record.mayBeStored(), record.lastFailure()));
    }

    private static SendException noRoom(Pending record) {
        return new SendException.NoRoom("newer records needed the room", record.mayBeStored(), record.lastFailure());
    }

    private void end() {
        if (state == FlowState.ENDED) {
            return;
        }
        takeArrivals();
        List<Pending> rest = new ArrayList<>(outbox.all());
        rest.addAll(strayed.takeAll());
        for (Request request : underWay) {
            for (Parcel parcel : request.parcels()) {
                parcel.records().forEach(record -> {
                    record.failed(new IllegalStateException("no answer has come yet"), true);
                    rest.add(record);
                });
            }
        }
        underWay.clear();
        rest.forEach(record ->
                fail(record, Outcome.CLOSED, new SendException.Closed(record.mayBeStored(), record.lastFailure())));
        free();
        move(FlowState.ENDED, "the producer is closed");
        timer.cancel();
        deadline.cancel();
        loop.close();
        arrivals.end();
        failArrivals();
        onEnd.run();
    }

    private void succeed(Parcel parcel, ShardId shard, SequenceNumber number) {
        for (int i = 0; i < parcel.records().size(); i++) {
            succeed(parcel.records().get(i), new StoredRecord(shard, new RecordPosition(number, i)));
        }
    }

    private void succeed(Pending record, StoredRecord place) {
        meters.stored(record.age(ticker.nanoTime()), record.record().data().size());
        ended(record);
        record.outcome().complete(place);
        flushes.ended(record.number());
    }

    private void fail(Pending record, Outcome outcome, SendException reason) {
        meters.ended(outcome);
        ended(record);
        if (leftBehind != null) {
            leftBehind.add(new UnstoredRecord(record.record(), reason));
        }
        record.outcome().completeExceptionally(reason);
        flushes.ended(record.number());
    }

    private void ended(Pending record) {
        open--;
        held.decrementAndGet();
        freed += record.weight();
    }

    /** Makes room for others, once for many records. */
    private void free() {
        if (freed > 0) {
            room.free(freed);
            freed = 0;
        }
    }

    private void move(FlowState next, String reason) {
        state = FlowState.TABLE.move(state, next, reason, settings.stream());
    }

    private static long earlier(long one, long other) {
        return one - other <= 0 ? one : other;
    }
}
