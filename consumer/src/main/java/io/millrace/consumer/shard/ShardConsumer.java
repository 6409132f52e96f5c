package io.millrace.consumer.shard;

import io.millrace.checkpoint.ShardCheckpoints;
import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.health.WorkerHealth.ShardHealth;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.consumer.watch.FailureLog;
import io.millrace.fanout.SourceBatch;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes one shard during one ownership of its lease. A state machine driven by events: the lease's (drain, lost), the
 * source's (batch, end, trouble), the user code's (returned, threw) and its own retry timer. At any time at most one call
 * of the user's code is under way, and records are handed out only while the lease is valid.
 *
 * <p>Belongs to the worker's event loop; {@link #health} is safe for any thread.
 */
public final class ShardConsumer implements ShardReading.Taker {
    private static final Logger log = LoggerFactory.getLogger(ShardConsumer.class);

    /** A little more than the time between two reads of a shard that has records. */
    private static final Duration NEXT_BATCH = Duration.ofMillis(250);

    /** A processor that takes longer to come to its end may never do so: what is processed is saved before. */
    private static final Duration SLOW_END = Duration.ofSeconds(1);

    private static final String UNPROVEN = "the lease can no longer be proven to be ours";

    private final HeldLease lease;
    private final ConsumerParts parts;
    private final EventLoop loop;
    private final ShardContext context;
    private final ShardCheckpoints checkpoints;
    private final FailureLog failures = new FailureLog();
    private final ProcessorCalls processor;
    private final ShardStatus status;
    private final ShardReading reading;

    private ShardPhase state = ShardPhase.WAITING;
    private ShardTurns.@Nullable Turn turn;
    /** The records that the processor has to process, in its hands or waiting for a retry; empty otherwise. */
    private List<StreamRecord> inHand = List.of();

    private long inHandBehind;
    private EventLoop.Cancellable timer = EventLoop.Cancellable.DONE;
    private boolean drainRequested;
    private EventLoop.Cancellable earlySave = EventLoop.Cancellable.DONE;
    /** The lease was asked to release or finish: what comes of it decides, not what the lease says in between. */
    private boolean lettingGo;

    private String lossReason = "";

    ShardConsumer(HeldLease lease, ConsumerParts parts) {
        this.lease = lease;
        this.parts = parts;
        this.loop = parts.loop();
        this.context = new ShardContext(lease.key().stream(), lease.key().shard(), lease.epoch(), lease.checkpoint());
        this.checkpoints = new ShardCheckpoints(lease, loop, parts.platform().ticker(), parts.checkpointInterval());
        this.status = new ShardStatus(lease, state, failures, parts);
        this.processor = new ProcessorCalls(lease, parts, failures, status);
        this.reading = new ShardReading(lease, parts, failures, status, this);
    }

    HeldLease lease() {
        return lease;
    }

    ShardHealth health() {
        return status.health();
    }

    ShardStatus status() {
        return status;
    }

    /** True once the lease is gone, whatever the processor is still about. */
    boolean hasLost() {
        return state == ShardPhase.LOSING || state == ShardPhase.DONE;
    }

    /**
     * The lease is ours: prepares the processor and reads ahead meanwhile, once all calls of this shard's ownerships before
     * have returned.
     */
    void start() {
        ShardTurns.Turn asked = parts.turns().ask(lease.key(), context.epoch(), () -> loop.execute(this::begin));
        turn = asked;
        if (asked.hasCome()) {
            begin();
        } else {
            status.waitsFor("a call of epoch " + asked.awaitedEpoch() + " to return", null);
            log.info(
                    "{} epoch {}: waits until a call of epoch {}, which was lost, has returned",
                    lease.key(),
                    context.epoch(),
                    asked.awaitedEpoch());
        }
    }

    private void begin() {
        if (state != ShardPhase.WAITING) {
            // It is on its way out already.
            return;
        }
        status.waitIsOver();
        moveTo(ShardPhase.INITIALIZING, "its turn has come");
        reading.open(context.checkpoint());
        initialize();
    }

    /**
     * The lease shall be given back within {@code time}. From its last batch here to the first one of its next owner the
     * shard stands still, so a shard that brings records goes right after the next of them.
     */
    void drain(Duration time) {
        if (drainRequested) {
            return;
        }
        drainRequested = true;
        Duration share = time.dividedBy(4);
        // The release saves it, too; but the lease may be taken away first, or the process end.
        earlySave = loop.schedule(shorter(share.multipliedBy(2), SLOW_END), () -> {
            CompletableFuture<CheckpointOutcome> unused = checkpoints.flush();
        });
        if (state == ShardPhase.FETCHING && reading.isFlowing()) {
            timer = loop.schedule(shorter(share, NEXT_BATCH), this::startDraining);
            return;
        }
        boolean waitsForNothing = state == ShardPhase.WAITING
                || state == ShardPhase.FETCHING
                || state == ShardPhase.INITIALIZE_FAILED
                || state == ShardPhase.BATCH_FAILED;
        if (waitsForNothing || (state == ShardPhase.ENDING && !processor.isBusy() && processor.expectsEnd())) {
            startDraining();
        }
    }

    /** The lease is gone. */
    void lost(String reason) {
        if (state == ShardPhase.LOSING || state == ShardPhase.DONE || lettingGo) {
            return;
        }
        lossReason = reason;
        moveTo(ShardPhase.LOSING, reason);
        stopReading();
        checkpoints.close();
        if (!processor.isBusy()) {
            sayLeaseLost();
        }
    }

    /** Ends at once, for an error left it in doubt: reads, saves and shows nothing any more. Its loop is closed already. */
    void abandon() {
        checkpoints.close();
        status.close();
        parts.oversight().reports().over(lease.key());
        try {
            reading.close();
        } catch (RuntimeException inDoubt) {
            log.debug("{}: closing its source threw", lease.key(), inDoubt);
        }
    }

    /** How far the shard is processed here. */
    Checkpoint processed() {
        return checkpoints.processed();
    }

    /** Tells the processor that the lease is gone; empty unless it expects to be told of an end. */
    Optional<Runnable> farewell() {
        return processor.farewell();
    }

    // Preparing.

    private void initialize() {
        processor.initialize(context, outcome -> {
            if (leaveIfAskedTo()) {
                return;
            }
            if (outcome == ProcessorCalls.Outcome.RETURNED) {
                fetch("initialized");
            } else {
                Duration wait = processor.retryDelay();
                moveTo(ShardPhase.INITIALIZE_FAILED, "again in " + wait);
                timer = loop.schedule(wait, () -> {
                    moveTo(ShardPhase.INITIALIZING, "again");
                    initialize();
                });
            }
        });
    }

    // Records.

    private void fetch(String reason) {
        inHand = List.of();
        status.batchOver();
        status.behind(inHandBehind);
        if (state != ShardPhase.FETCHING) {
            moveTo(ShardPhase.FETCHING, reason);
        }
        reading.request();
    }

    @Override
    public void batch(SourceBatch batch) {
        timer.cancel();
        inHand = batch.records();
        inHandBehind = batch.millisBehindLatest();
        status.batchTaken();
        status.received(inHand.get(0).arrival(), inHandBehind);
        hand(1);
    }

    private void hand(int attempt) {
        if (!lease.isValid()) {
            lost(UNPROVEN);
            return;
        }
        moveTo(ShardPhase.PROCESSING, inHand.size() + " records, attempt " + attempt);
        StreamRecord last = inHand.get(inHand.size() - 1);
        checkpoints.delivered(last.position());
        RecordBatch batch = new RecordBatch(context, inHand, inHandBehind, attempt, checkpoints.checkpointer());
        processor.processRecords(batch, this::settleProgress, outcome -> {
            if (state == ShardPhase.LOSING) {
                sayLeaseLost();
                return;
            }
            switch (outcome) {
                case RETURNED -> batchDone(last);
                case THREW -> batchFailed();
                case NOT_OURS -> lost(UNPROVEN);
            }
        });
    }

    private void batchDone(StreamRecord last) {
        count(inHand);
        checkpoints.processed(last.position());
        inHand = List.of();
        if (!leaveIfAskedTo()) {
            fetch("processed");
        }
    }

    private void batchFailed() {
        parts.meters().batchFailed(context.stream());
        if (leaveIfAskedTo()) {
            return;
        }
        if (inHand.isEmpty()) {
            processor.gotFurther();
            fetch("threw after it had checkpointed the whole batch");
            return;
        }
        Duration wait = processor.retryDelay();
        moveTo(ShardPhase.BATCH_FAILED, "again in " + wait);
        timer = loop.schedule(wait, this::retry);
    }

    /** During the pause a thread of the user's own may have got further, up to the end of the batch. */
    private void retry() {
        settleProgress();
        if (inHand.isEmpty()) {
            fetch("the rest of the batch was checkpointed meanwhile");
        } else {
            hand(Math.max(1, failures.userFailures()) + 1);
        }
    }

    /** Lets go of the records in hand that the user has declared processed; with the others everything begins anew. */
    private void settleProgress() {
        if (checkpoints.processed() instanceof Checkpoint.Processed done) {
            int settled = 0;
            while (settled < inHand.size() && inHand.get(settled).position().compareTo(done.position()) <= 0) {
                settled++;
            }
            if (settled > 0) {
                count(inHand.subList(0, settled));
                inHand = inHand.subList(settled, inHand.size());
                processor.gotFurther();
                if (!inHand.isEmpty()) {
                    status.oldest(inHand.get(0).arrival());
                }
            }
        }
    }

    private void count(List<StreamRecord> processed) {
        parts.meters().processed(context.stream(), processed.size());
        lease.processed(
                processed.stream().mapToLong(record -> record.data().size()).sum());
    }

    // Shard's end.

    @Override
    public void readOut(List<ChildShard> children) {
        moveTo(ShardPhase.ENDING, "the shard is read out");
        status.behind(0);
        stopReading();
        CompletableFuture<CheckpointOutcome> unused = checkpoints.flush();
        sayShardEnded(children);
    }

    private void sayShardEnded(List<ChildShard> children) {
        processor.shardEnded(checkpoints.checkpointer(), outcome -> {
            if (state == ShardPhase.LOSING) {
                sayLeaseLost();
                return;
            }
            switch (outcome) {
                case RETURNED -> {
                    status.waitsFor("the list of the stream's shards", null);
                    reading.children(children, this::finish);
                }
                case NOT_OURS -> lost(UNPROVEN);
                case THREW -> {
                    status.failuresChanged();
                    if (drainRequested) {
                        startDraining();
                    } else {
                        timer = loop.schedule(processor.retryDelay(), () -> sayShardEnded(children));
                    }
                }
            }
        });
    }

    private void finish(List<ChildShard> children) {
        if (state != ShardPhase.ENDING) {
            return;
        }
        lettingGo = true;
        checkpoints.close();
        status.waitsFor("the lease table to save the shard's end", null);
        loop.whenComplete(lease.finish(children), (outcome, error) -> {
            if (outcome == CheckpointOutcome.SAVED) {
                done(new ConsumerEnd.Ended(children), "ended");
            } else {
                done(new ConsumerEnd.Lost("lost at the shard's end"), "lost at the shard's end");
            }
        });
    }

    // Leaving.

    /** Between two calls of the user's code: goes the way that was asked for meanwhile, if any. */
    private boolean leaveIfAskedTo() {
        if (state == ShardPhase.LOSING) {
            sayLeaseLost();
            return true;
        }
        if (drainRequested) {
            startDraining();
            return true;
        }
        return false;
    }

    private void startDraining() {
        timer.cancel();
        moveTo(ShardPhase.DRAINING, "the lease is to be given back");
        stopReading();
        if (!processor.expectsEnd()) {
            release();
            return;
        }
        processor.shutdownRequested(checkpoints.checkpointer(), () -> {
            if (state == ShardPhase.LOSING) {
                sayLeaseLost();
            } else {
                release();
            }
        });
    }

    private void release() {
        lettingGo = true;
        status.waitsFor("the lease table to take the lease back", null);
        loop.whenComplete(checkpoints.release(), (outcome, error) -> {
            if (outcome == CheckpointOutcome.LEASE_LOST) {
                lettingGo = false;
                lost("another worker owned the shard when its last checkpoint was saved");
            } else {
                done(new ConsumerEnd.Released(), "released");
            }
        });
    }

    private void sayLeaseLost() {
        ConsumerEnd end = new ConsumerEnd.Lost(lossReason);
        if (processor.expectsEnd()) {
            processor.leaseLost(() -> done(end, lossReason));
        } else {
            done(end, lossReason);
        }
    }

    private void done(ConsumerEnd end, String reason) {
        stopReading();
        earlySave.cancel();
        checkpoints.close();
        moveTo(ShardPhase.DONE, reason);
        status.close();
        parts.oversight().reports().over(lease.key());
        parts.owner().over(this, end);
        endTurn();
    }

    /** The next ownership of the shard in this worker may begin. */
    void endTurn() {
        if (turn != null) {
            turn.end();
        }
    }

    // Common.

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private void stopReading() {
        timer.cancel();
        reading.close();
    }

    @Override
    public String toString() {
        return lease.key() + " epoch " + context.epoch();
    }

    private void moveTo(ShardPhase next, String reason) {
        state = ShardPhase.TRANSITIONS.move(state, next, reason, this);
        status.moved(next);
    }
}
