package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.checkpoint.Declarations;
import io.millrace.checkpoint.ShardCheckpoints;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.processor.ProcessingFailedException;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RetryLaterException;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.consumer.shard.ProcessorCalls.Outcome;
import io.millrace.consumer.watch.ErrorTrace;
import io.millrace.fanout.SourceBatch;
import io.millrace.lease.HeldLease;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One lane of a shard: a processor and the records that are its own, in order. A state machine driven by outcomes of the
 * processor's calls and by timers. Records that fail come again, until the policy gives them up. At any time at most one call is
 * under way.
 *
 * <p>Belongs to the worker's event loop.
 */
final class Lane {
    private static final Logger log = LoggerFactory.getLogger(Lane.class);

    /** Longer than any process lives, and not too long for a timer. */
    private static final Duration LONGEST_DELAY = Duration.ofDays(3_650);

    private final HeldLease lease;
    private final ConsumerParts parts;
    private final DeliverySettings delivery;
    private final FailurePolicy policy;
    private final ShardContext context;
    private final ShardCheckpoints checkpoints;
    private final ShardStatus.Slot slot;
    private final LaneHost shard;
    private final ProcessorCalls calls;
    private final EventLoop loop;
    private final Ticker ticker;
    private final BatchQueue queue;
    private final Hand hand;
    private final LaneFailures failures;

    private LaneState state = LaneState.NEW;
    private EventLoop.Cancellable timer = EventLoop.Cancellable.DONE;

    Lane(LaneWiring wiring, ShardContext context) {
        this.lease = wiring.lease();
        this.parts = wiring.parts();
        this.delivery = parts.delivery();
        this.policy = delivery.failures();
        this.context = context;
        this.checkpoints = wiring.checkpoints();
        this.shard = wiring.host();
        this.slot = wiring.status().newSlot();
        this.calls = new ProcessorCalls(lease, parts, slot);
        this.loop = parts.loop();
        this.ticker = parts.platform().ticker();
        this.queue = new BatchQueue(delivery.batching());
        this.hand = new Hand(delivery.isManual() && delivery.lanes() > 1);
        this.failures = new LaneFailures(wiring);
    }

    LaneState state() {
        return state;
    }

    /** True while a call of the user's code is under way. */
    boolean isBusy() {
        return calls.isBusy();
    }

    boolean isFailing() {
        return failures.count() > 0;
    }

    /** True before the processor is ready for records. */
    boolean isBeingPrepared() {
        return state == LaneState.NEW || state == LaneState.INITIALIZING || state == LaneState.INITIALIZE_FAILED;
    }

    /** True if more records would be handed out soon. */
    boolean isHungry() {
        return state == LaneState.READY && hand.isEmpty() && (queue.isEmpty() || !queue.isFull());
    }

    /** True if the lane waits for records and has none. */
    boolean isEmpty() {
        return state == LaneState.READY && hand.isEmpty() && queue.isEmpty();
    }

    /** The first record that the lane is not done with. */
    Optional<RecordPosition> oldestOpen() {
        return hand.oldestOpen().or(this::firstQueued);
    }

    /** The first record that the lane has not processed. */
    Optional<RecordPosition> oldestUnprocessed() {
        return hand.oldestUnprocessed().or(this::firstQueued);
    }

    private Optional<RecordPosition> firstQueued() {
        return queue.first().map(StreamRecord::position);
    }

    /** The last record that the processor returned from; empty if there is none. */
    Optional<RecordPosition> returnedFrom() {
        return hand.returnedFrom();
    }

    /** True if all that the processor returned from was declared processed, where there are several lanes. */
    boolean hasDeclaredAll() {
        return hand.hasDeclaredAll();
    }

    /** Makes and prepares the processor. */
    void start() {
        moveTo(LaneState.INITIALIZING, "begins");
        calls.initialize(context, this::initialized, this::broken);
    }

    private void initialized(Outcome outcome) {
        if (outcome instanceof Outcome.Threw threw) {
            failures.threw(threw);
            moveTo(LaneState.INITIALIZE_FAILED, "threw");
            if (threw.error() instanceof ProcessorBrokenException) {
                shard.broke(this);
                return;
            }
            again(failures.retryDelay(), this::start);
        } else {
            failures.over();
            moveTo(LaneState.READY, "initialized");
        }
        shard.changed(this);
    }

    /** The processor broke between two calls. Where a policy has stopped the shard, no other one is wanted. */
    private void broken(Outcome.Threw threw) {
        if (state != LaneState.STOPPED) {
            failures.threw(threw);
            shard.broke(this);
        }
    }

    /** Records for this lane; they are handed out when it is their turn. */
    void add(List<StreamRecord> records, long millisBehindLatest) {
        queue.add(records, millisBehindLatest, ticker.nanoTime());
    }

    /** A read found nothing: hands out an empty batch, if that is wanted and nothing else is there. */
    void nothingFound(long millisBehindLatest, @Nullable Instant readUpTo) {
        if (isEmpty() && !(shard.limit() instanceof LaneHost.Limit.Nothing)) {
            handOut(List.of(), millisBehindLatest, readUpTo);
        }
    }

    /** Hands out what is due, unless something is in the way. */
    void goOn() {
        LaneHost.Limit limit = shard.limit();
        if (state != LaneState.READY || limit instanceof LaneHost.Limit.Nothing) {
            return;
        }
        RecordPosition upTo = limit instanceof LaneHost.Limit.UpTo some ? some.last() : null;
        if (!hand.isEmpty()) {
            if (upTo == null || hand.first().position().compareTo(upTo) <= 0) {
                handOut();
            }
            return;
        }
        Duration wait = untilDue();
        if (wait.isZero() || wait.isNegative()) {
            Optional<SourceBatch> next = queue.take(upTo);
            if (next.isPresent()) {
                take(next.get());
            }
        } else {
            again(wait, this::goOn);
        }
    }

    private Duration untilDue() {
        Duration window = delivery.batching().window();
        boolean isDue = window.isZero() || queue.isEmpty() || queue.isFull() || shard.isAllHere();
        return isDue ? Duration.ZERO : window.minus(ticker.since(queue.since()));
    }

    private void take(SourceBatch batch) {
        timer.cancel();
        hand.take(batch);
        slot.batchTaken();
        handOut();
    }

    private void handOut() {
        int tooOld = tooOld();
        if (tooOld > 0) {
            String why = "arrived too long ago for the policy";
            giveUp(
                    tooOld,
                    new Outcome.Threw("nothing, as its records", new ProcessingFailedException(why, null)),
                    LetterSink.Reason.TOO_OLD);
        } else {
            List<StreamRecord> next = hand.next();
            handOut(next, hand.behind(), next.get(next.size() - 1).arrival());
        }
    }

    /** How many of the records that come next are too old to be processed. */
    private int tooOld() {
        List<StreamRecord> next = hand.next();
        int count = 0;
        while (count < next.size() && policy.isExpired(age(next.get(count)))) {
            count++;
        }
        return count;
    }

    private Duration age(StreamRecord record) {
        return parts.oversight().serviceTime().since(record.arrival());
    }

    private void handOut(List<StreamRecord> records, long behind, @Nullable Instant readUpTo) {
        if (!lease.isValid()) {
            shard.notOurs();
            return;
        }
        int attempt = hand.isAgain() && !records.isEmpty() ? Math.max(1, failures.count()) + 1 : 1;
        moveTo(LaneState.PROCESSING, records.size() + " records, attempt " + attempt);
        Checkpointer checkpointer = checkpoints.checkpointer(new Declared(null));
        if (!records.isEmpty()) {
            RecordPosition last = records.get(records.size() - 1).position();
            hand.offer(last);
            shard.handedOut(last);
            checkpointer = checkpoints.checkpointer(new Declared(last));
        }
        RecordBatch batch = new RecordBatch(context, records, behind, attempt, checkpointer, readUpTo);
        calls.processRecords(batch, outcome -> returned(records.size(), outcome));
    }

    private void returned(int records, Outcome outcome) {
        if (shard.isLost()) {
            moveTo(LaneState.READY, "too late");
            shard.changed(this);
        } else if (outcome instanceof Outcome.NotOurs) {
            moveTo(LaneState.READY, "not handed out");
            shard.notOurs();
        } else if (outcome instanceof Outcome.Threw threw) {
            int settled = settleDeclared();
            failed(records - settled, settled > 0, threw);
        } else {
            moveTo(LaneState.READY, "processed");
            failures.over();
            count(hand.returned(records));
            shard.changed(this);
        }
    }

    private void count(List<StreamRecord> processed) {
        if (!processed.isEmpty()) {
            parts.meters().processed(context.stream(), processed.size());
            long bytes = 0;
            for (StreamRecord record : processed) {
                bytes += record.data().size();
            }
            lease.processed(bytes);
        }
        if (hand.isEmpty()) {
            slot.batchOver();
        }
    }

    // Declarations.

    /** Takes the declarations of a checkpointer: of a batch, or of all that was handed out where there is none. */
    private final class Declared implements Declarations {
        private final @Nullable RecordPosition batchEnd;

        Declared(@Nullable RecordPosition batchEnd) {
            this.batchEnd = batchEnd;
        }

        @Override
        public @Nullable RecordPosition meant(@Nullable RecordPosition upTo) {
            RecordPosition all = batchEnd != null ? batchEnd : hand.lastOffered();
            RecordPosition meant = upTo != null ? upTo : all;
            if (meant != null) {
                hand.checkOffered(meant);
            }
            return meant;
        }

        @Override
        public void processed(@Nullable RecordPosition upTo) {
            RecordPosition meant = meant(upTo);
            if (meant != null) {
                hand.declare(meant);
                shard.declared(meant);
            }
        }

        @Override
        public void checkPrepare(RecordPosition position) {
            if (delivery.lanes() > 1) {
                throw new IllegalStateException(
                        "a checkpoint can be prepared where a shard has one lane only, not " + delivery.lanes());
            }
            hand.checkOffered(position);
        }
    }

    /** Lets go of the records in hand that are declared processed; with the others everything begins anew. */
    private int settleDeclared() {
        List<StreamRecord> settled = hand.settle();
        if (!settled.isEmpty()) {
            count(settled);
            failures.over();
        }
        return settled.size();
    }

    // Failures.

    private void failed(int records, boolean isPartDone, Outcome.Threw threw) {
        if (threw.error() instanceof ProcessorBrokenException) {
            failures.threw(threw);
            moveTo(LaneState.BATCH_FAILED, "the processor broke");
            shard.broke(this);
            return;
        }
        if (threw.error() instanceof RetryLaterException later) {
            log.debug("{}: {} asks for its records again in {}", lease.key(), threw.call(), later.delay());
            pause(later.delay().compareTo(LONGEST_DELAY) < 0 ? later.delay() : LONGEST_DELAY);
            return;
        }
        if (records > 0) {
            failures.at(hand.head(records));
        }
        failures.threw(threw);
        hand.failed();
        parts.meters().batchFailed(context.stream());
        if (records <= 0) {
            failures.over();
            moveTo(LaneState.READY, "threw after it had checkpointed all that it was given");
            shard.changed(this);
        } else if (policy.isBisecting() && (isPartDone || records > 1)) {
            if (!isPartDone) {
                hand.bisect(records);
            }
            failures.partBegins();
            pause(failures.firstDelay());
        } else if (!hand.isIsolating() && !isExhausted()) {
            pause(failures.retryDelay());
        } else if (policy.isIsolating() && records > 1) {
            hand.isolate(records);
            pause(failures.firstDelay());
        } else {
            giveUp(records, threw, LetterSink.Reason.FAILED);
        }
    }

    private boolean isExhausted() {
        return policy.isExhausted(failures.tries(), failures.time(), age(hand.first()));
    }

    private void pause(Duration wait) {
        moveTo(LaneState.BATCH_FAILED, "again in " + wait);
        again(wait, this::retry);
        shard.changed(this);
    }

    /** During the pause a thread of the user's own may have got further, up to the end of the batch. */
    private void retry() {
        int unused = settleDeclared();
        LaneHost.Limit limit = shard.limit();
        if (hand.isEmpty() || limit instanceof LaneHost.Limit.Nothing) {
            moveTo(LaneState.READY, hand.isEmpty() ? "the rest was checkpointed meanwhile" : "waits");
            shard.changed(this);
        } else {
            handOut();
        }
    }

    private void giveUp(int records, Outcome.Threw threw, LetterSink.Reason reason) {
        String range = hand.range(records);
        switch (policy.then()) {
            case LETTER -> write(letters(hand.head(records), threw), reason, range);
            case SKIP -> {
                log.warn(
                        "{}: left out after {} failures, as the policy says: {}; {} threw {}",
                        lease.key(),
                        hand.failures(),
                        range,
                        threw.call(),
                        ErrorTrace.of(threw.error()));
                parts.meters().skipped(context.stream(), records);
                handled(records);
            }
            case STOP_SHARD -> {
                moveTo(LaneState.STOPPED, "the policy stops the shard at " + range);
                failures.stopped(range);
                shard.changed(this);
            }
            case STOP_WORKER -> {
                moveTo(LaneState.STOPPED, "the policy stops the worker at " + range);
                shard.stopWorker("the processor of " + lease.key() + " has failed " + failures.count()
                        + " times in a row at " + range + ", and the failure policy ends the worker then; "
                        + ErrorTrace.of(threw.error()));
                shard.changed(this);
            }
            case RETRY -> throw new IllegalStateException("records are given up by a policy that never does");
        }
    }

    private List<Letter> letters(List<StreamRecord> lost, Outcome.Threw threw) {
        String error = ErrorTrace.of(threw.error());
        return lost.stream()
                .map(record -> new Letter(
                        parts.application(),
                        context.stream(),
                        context.shard(),
                        context.epoch(),
                        record,
                        Math.max(1, hand.failures()),
                        error,
                        parts.platform().clock().instant()))
                .toList();
    }

    private void write(List<Letter> letters, LetterSink.Reason reason, String range) {
        moveTo(LaneState.WRITING_LETTERS, range);
        calls.write(requireNonNull(policy.sink()), letters, reason, outcome -> {
            if (shard.isLost()) {
                moveTo(LaneState.READY, "too late");
                shard.changed(this);
            } else if (outcome instanceof Outcome.NotOurs) {
                moveTo(LaneState.READY, "not written");
                shard.notOurs();
            } else if (outcome instanceof Outcome.Threw threw) {
                failures.threw(threw);
                moveTo(LaneState.LETTERS_FAILED, "again later");
                again(failures.retryDelay(), () -> write(letters, reason, range));
                shard.changed(this);
            } else {
                log.warn("{}: written to the letter sink, and left behind: {}", lease.key(), range);
                parts.meters().lettersWritten(context.stream(), letters.size());
                handled(letters.size());
            }
        });
    }

    private void handled(int records) {
        failures.over();
        boolean isAtOnce = state == LaneState.READY || state == LaneState.BATCH_FAILED;
        if (state != LaneState.READY) {
            moveTo(LaneState.READY, "given up");
        }
        hand.giveUp(records);
        if (hand.isEmpty()) {
            slot.batchOver();
        }
        if (isAtOnce) {
            // A whole backlog may be too old, one batch after the other.
            loop.execute(() -> shard.changed(this));
        } else {
            shard.changed(this);
        }
    }

    // Ends.

    /** Tells the processor that the shard is read out; {@code done} runs once it has taken it. */
    void sayShardEnded(Runnable done) {
        moveTo(LaneState.CLOSING, "the shard is read out");
        Checkpointer last = checkpoints.checkpointer(new Declared(null));
        calls.shardEnded(last, () -> shard.awaitsDeclaration(this), outcome -> {
            if (outcome instanceof Outcome.NotOurs) {
                moveTo(LaneState.CLOSE_FAILED, "not told");
                shard.notOurs();
            } else if (outcome instanceof Outcome.Threw threw) {
                failures.threw(threw);
                moveTo(LaneState.CLOSE_FAILED, "again later");
                if (threw.error() instanceof ProcessorBrokenException) {
                    shard.broke(this);
                    return;
                }
                again(failures.retryDelay(), () -> sayShardEnded(done));
                shard.changed(this);
            } else {
                failures.over();
                moveTo(LaneState.OVER, "told of the end");
                done.run();
            }
        });
    }

    /** Tells the processor that the shard is given back, if it is there to be told; {@code done} runs once it knows. */
    void sayShutdown(Runnable done) {
        close(() -> calls.shutdownRequested(checkpoints.checkpointer(new Declared(null)), closed(done)), done);
    }

    /** Tells the processor that the shard is gone, if it is there to be told; {@code done} runs once it knows. */
    void sayLeaseLost(Runnable done) {
        close(() -> calls.leaseLost(closed(done)), done);
    }

    private void close(Runnable call, Runnable done) {
        timer.cancel();
        if (state == LaneState.OVER) {
            done.run();
        } else if (calls.expectsEnd()) {
            moveTo(LaneState.CLOSING, "the shard is left");
            call.run();
        } else {
            moveTo(LaneState.OVER, "the shard is left");
            done.run();
        }
    }

    private Consumer<Outcome> closed(Runnable done) {
        return outcome -> {
            if (outcome instanceof Outcome.Threw threw) {
                failures.threw(threw);
            }
            moveTo(LaneState.OVER, "closed");
            done.run();
        };
    }

    /** The processor is thrown away without a word. */
    void forget() {
        timer.cancel();
        calls.forget();
        if (state != LaneState.OVER) {
            moveTo(LaneState.OVER, "thrown away");
        }
    }

    void interrupt() {
        calls.interrupt();
    }

    Optional<Callable<CompletionStage<?>>> farewell() {
        timer.cancel();
        return calls.farewell();
    }

    /** Stops what waits for a time. */
    void cancelTimer() {
        timer.cancel();
    }

    private void again(Duration wait, Runnable task) {
        timer.cancel();
        timer = loop.schedule(wait, task);
    }

    private void moveTo(LaneState next, String reason) {
        state = LaneState.TRANSITIONS.move(state, next, reason, this);
    }

    @Override
    public String toString() {
        return lease.key() + (delivery.lanes() == 1 ? "" : " lane " + context.lane());
    }
}
