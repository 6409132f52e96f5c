package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.checkpoint.ShardCheckpoints;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.health.WorkerHealth.ShardHealth;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.consumer.watch.FailureLog;
import io.millrace.fanout.SourceBatch;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes one shard during one ownership of its lease: takes records from the source, gives them to the shard's lanes, and
 * moves the checkpoint behind what all lanes are done with. A state machine driven by events: the lease's (drain, lost), the
 * source's (batch, end) and the lanes'. Records are handed out only while the lease is valid.
 *
 * <p>Belongs to the worker's event loop; {@link #health} is safe for any thread.
 */
public final class ShardConsumer implements ShardReading.Taker, LaneHost {
    private static final Logger log = LoggerFactory.getLogger(ShardConsumer.class);

    /** A little more than the time between two reads of a shard that has records. */
    private static final Duration NEXT_BATCH = Duration.ofMillis(250);

    /** A processor that takes longer to come to its end may never do so: what is processed is saved before. */
    private static final Duration SLOW_END = Duration.ofSeconds(1);

    private static final String UNPROVEN = "the lease can no longer be proven to be ours";

    private final HeldLease lease;
    private final ConsumerParts parts;
    private final DeliverySettings delivery;
    private final EventLoop loop;
    private final ShardCheckpoints checkpoints;
    private final FailureLog failures = new FailureLog();
    private final ShardStatus status;
    private final ShardReading reading;
    private final ShardProgress progress;

    private ShardState state = ShardState.WAITING;
    private ShardTurns.@Nullable Turn turn;
    private Lanes lanes = Lanes.none();
    /** The source owes an answer. */
    private boolean asked;
    /** It owes it until records that are here are done with. */
    private boolean allIsOut;

    /** The shards that follow this one, once all its records are in the lanes. */
    private @Nullable List<ChildShard> children;

    private boolean isPaused;
    /** How often processors broke in a row. */
    private int restarts;

    private boolean drainRequested;
    /** While the shard is to be given back: the last record that is processed here all the same. */
    private @Nullable RecordPosition drainUpTo;

    private EventLoop.Cancellable timer = EventLoop.Cancellable.DONE;
    private EventLoop.Cancellable earlySave = EventLoop.Cancellable.DONE;
    /** The lease was asked to release or finish: what comes of it decides, not what the lease says in between. */
    private boolean lettingGo;

    private String lossReason = "";

    ShardConsumer(HeldLease lease, ConsumerParts parts) {
        this.lease = lease;
        this.parts = parts;
        this.delivery = parts.delivery();
        this.loop = parts.loop();
        this.checkpoints = new ShardCheckpoints(
                lease, loop, parts.platform().ticker(), parts.checkpointPace(), parts.calls()::goOnElsewhere);
        this.status = new ShardStatus(lease, ShardPhase.WAITING, failures, parts);
        this.reading = new ShardReading(lease, parts, failures, status, this);
        this.progress = new ShardProgress(delivery, checkpoints, status, reading::release);
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
        return state == ShardState.LOSING || state == ShardState.DONE;
    }

    /**
     * The lease is ours: prepares the processors and reads ahead meanwhile, once all calls of this shard's ownerships before
     * have returned.
     */
    void start() {
        ShardTurns.Turn asked = parts.turns().ask(lease.key(), lease.epoch(), () -> loop.execute(this::begin));
        turn = asked;
        if (asked.hasCome()) {
            begin();
        } else {
            status.waitsFor("a call of epoch " + asked.awaitedEpoch() + " to return", null);
            log.info(
                    "{} epoch {}: waits until a call of epoch {}, which was lost, has returned",
                    lease.key(),
                    lease.epoch(),
                    asked.awaitedEpoch());
        }
    }

    private void begin() {
        if (state != ShardState.WAITING) {
            // It is on its way out already.
            return;
        }
        status.waitIsOver();
        moveTo(ShardState.RUNNING, "its turn has come");
        reading.open(lease.checkpoint());
        beginLanes(lease.checkpoint());
    }

    private void beginLanes(Checkpoint from) {
        LaneWiring wiring = new LaneWiring(lease, parts, checkpoints, status, failures, this);
        List<Lane> made = new ArrayList<>();
        for (int i = 0; i < delivery.lanes(); i++) {
            ShardContext context = new ShardContext(
                    lease.key().stream(),
                    lease.key().shard(),
                    lease.epoch(),
                    from,
                    i,
                    delivery.lanes(),
                    lease.pending().orElse(null));
            made.add(new Lane(wiring, context));
        }
        lanes = new Lanes(made);
        lanes.forEach(Lane::start);
        show();
    }

    // Requests from outside.

    /**
     * The lease shall be given back within {@code time}. From its last batch here to the first one of its next owner the
     * shard stands still, so a shard that brings records goes right after the next of them.
     */
    void drain(Duration time) {
        if (drainRequested) {
            return;
        }
        drainRequested = true;
        drainUpTo = lanes.overtakenBy();
        Duration share = time.dividedBy(4);
        // The release saves it, too; but the lease may be taken away first, or the process end.
        earlySave = loop.schedule(shorter(share.multipliedBy(2), SLOW_END), () -> {
            CompletableFuture<CheckpointOutcome> unused = checkpoints.flush();
        });
        if (state == ShardState.RUNNING && !isPaused && reading.isFlowing() && lanes.all(Lane::isEmpty)) {
            timer = loop.schedule(shorter(share, NEXT_BATCH), this::leaveIfSettled);
        } else {
            lanes.forEach(Lane::goOn);
            leaveIfSettled();
        }
    }

    /** The lease is gone. */
    void lost(String reason) {
        if (state == ShardState.LOSING || state == ShardState.DONE || lettingGo) {
            return;
        }
        lossReason = reason;
        moveTo(ShardState.LOSING, reason);
        stopReading();
        checkpoints.close();
        if (delivery.isInterruptWanted()) {
            lanes.forEach(Lane::interrupt);
        }
        closeIdleLanes();
    }

    /** Hands out nothing, or goes on. Batches in hand are not called back. */
    void pause(boolean wanted) {
        isPaused = wanted;
        show();
        if (!wanted && state == ShardState.RUNNING) {
            lanes.forEach(Lane::goOn);
            goOn();
        }
    }

    /** Throws the processors away, as if they had broken, and begins anew at the checkpoint. */
    void restart() {
        if (state == ShardState.RUNNING && !drainRequested) {
            restarts = 0;
            startAnew("a restart is asked for");
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

    /** The place at which the next owner of the shard goes on. */
    Checkpoint last() {
        return checkpoints.last();
    }

    /** Tells the processors that the lease is gone; empty for those that do not expect to be told of an end. */
    List<Callable<CompletionStage<?>>> farewells() {
        List<Callable<CompletionStage<?>>> all = new ArrayList<>();
        lanes.forEach(lane -> lane.farewell().ifPresent(all::add));
        return all;
    }

    // Records.

    @Override
    public void batch(SourceBatch batch, List<StreamRecord> wanted) {
        timer.cancel();
        asked = false;
        allIsOut = false;
        progress.took(batch);
        lanes.add(wanted, batch.millisBehindLatest());
        if (wanted.isEmpty()) {
            settle();
            nothingFound(batch.millisBehindLatest(), batch.lastRecord().arrival());
        }
        if (drainRequested) {
            drainUpTo = batch.lastRecord().position();
        }
        lanes.forEach(Lane::goOn);
        if (drainRequested) {
            // Records that no lane has begun are the next owner's.
            drainUpTo = lanes.overtakenBy();
        }
        goOn();
    }

    @Override
    public void nothingFound(long millisBehindLatest, @Nullable Instant readUpTo) {
        progress.nothingFound(millisBehindLatest);
        if (delivery.batching().isEmptyWanted() && state == ShardState.RUNNING && !drainRequested) {
            lanes.forEach(lane -> lane.nothingFound(millisBehindLatest, readUpTo));
        }
    }

    @Override
    public void allIsOut() {
        allIsOut = true;
        lanes.forEach(Lane::goOn);
    }

    @Override
    public void readOut(List<ChildShard> following) {
        asked = false;
        children = List.copyOf(following);
        lanes.forEach(Lane::goOn);
        goOn();
    }

    /** Asks for records if some lane wants them, or ends the shard if there are none any more. */
    private void goOn() {
        if (state != ShardState.RUNNING) {
            return;
        }
        if (drainRequested) {
            leaveIfSettled();
        } else if (children != null) {
            if (lanes.all(Lane::isEmpty)) {
                end(children);
            }
        } else if (!asked
                && !isPaused
                && progress.hasRoom()
                && !lanes.any(Lane::isBeingPrepared)
                && lanes.any(Lane::isHungry)) {
            asked = true;
            reading.request();
        }
        show();
    }

    private void settle() {
        if (progress.settle(lanes)) {
            restarts = 0;
        }
    }

    @Override
    public void changed(Lane lane) {
        switch (state) {
            case RUNNING -> {
                settle();
                lane.goOn();
                goOn();
            }
            case ENDING -> {
                if (drainRequested) {
                    startDraining();
                }
            }
            case RESTARTING, LOSING -> {
                if (state == ShardState.RESTARTING) {
                    settle();
                }
                closeIdleLanes();
            }
            case WAITING, DRAINING, DONE -> {}
        }
        show();
    }

    @Override
    public Limit limit() {
        if (state != ShardState.RUNNING || isPaused) {
            return new Limit.Nothing();
        }
        if (!drainRequested) {
            return new Limit.None();
        }
        RecordPosition last = drainUpTo;
        return last == null ? new Limit.Nothing() : new Limit.UpTo(last);
    }

    @Override
    public void handedOut(RecordPosition last) {
        lanes.handedOut(last);
        checkpoints.delivered(last);
        show();
    }

    @Override
    public boolean isAllHere() {
        return children != null || drainRequested || allIsOut || !progress.hasRoom();
    }

    @Override
    public boolean isLost() {
        return state == ShardState.LOSING;
    }

    @Override
    public boolean isAnyLaneFailing() {
        return lanes.any(Lane::isFailing);
    }

    @Override
    public boolean awaitsDeclaration(Lane lane) {
        return progress.awaitsDeclaration(lane);
    }

    @Override
    public void declared(RecordPosition last) {
        progress.declared(last);
        switch (state) {
            case RUNNING, RESTARTING, ENDING, DRAINING -> {
                settle();
                goOn();
            }
            case WAITING, LOSING, DONE -> {}
        }
    }

    // Shard's end.

    private void end(List<ChildShard> following) {
        moveTo(ShardState.ENDING, "the shard is read out and processed");
        status.behind(0);
        stopReading();
        CompletableFuture<CheckpointOutcome> unused = checkpoints.flush();
        lanes.forEach(lane -> lane.sayShardEnded(() -> {
            if (state == ShardState.ENDING && lanes.all(other -> other.state() == LaneState.OVER)) {
                status.waitsFor("the list of the stream's shards", null);
                reading.children(following, this::finish);
            } else {
                changed(lane);
            }
        }));
    }

    private void finish(List<ChildShard> following) {
        if (state != ShardState.ENDING) {
            return;
        }
        lettingGo = true;
        checkpoints.close();
        status.waitsFor("the lease table to save the shard's end", null);
        loop.whenComplete(lease.finish(following), (outcome, error) -> {
            if (outcome == CheckpointOutcome.SAVED) {
                done(new ConsumerEnd.Ended(following), "ended");
            } else {
                done(new ConsumerEnd.Lost("lost at the shard's end"), "lost at the shard's end");
            }
        });
    }

    // Processors that broke.

    @Override
    public void broke(Lane lane) {
        if (state == ShardState.RUNNING || state == ShardState.ENDING) {
            lane.forget();
            if (drainRequested && state == ShardState.RUNNING) {
                leaveIfSettled();
            } else {
                // At the shard's end, too: it is not ended while a lane has not taken it.
                restarts++;
                startAnew("a processor broke");
            }
        } else {
            lane.forget();
            changed(lane);
        }
    }

    private void startAnew(String reason) {
        moveTo(ShardState.RESTARTING, reason);
        asked = false;
        allIsOut = false;
        children = null;
        reading.close();
        closeIdleLanes();
    }

    private void closeIdleLanes() {
        lanes.forEach(lane -> {
            if (!lane.isBusy() && lane.state() != LaneState.OVER && lane.state() != LaneState.CLOSING) {
                lane.sayLeaseLost(this::laneClosed);
            }
        });
        laneClosed();
    }

    private void laneClosed() {
        if (!lanes.all(lane -> lane.state() == LaneState.OVER)) {
            return;
        }
        if (state == ShardState.LOSING) {
            doneIfLost();
        } else if (state == ShardState.RESTARTING) {
            if (drainRequested) {
                startDraining();
            } else {
                Duration wait = restarts == 0
                        ? Duration.ZERO
                        : parts.retry().delay(restarts, parts.platform().random());
                timer.cancel();
                timer = loop.schedule(wait, this::beginAnew);
            }
        }
    }

    private void beginAnew() {
        if (state == ShardState.RESTARTING) {
            progress.clear();
            status.forgetLanes();
            moveTo(ShardState.RUNNING, "begins anew");
            reading.reopen(checkpoints.last());
            beginLanes(checkpoints.last());
        }
    }

    // Leaving.

    private void leaveIfSettled() {
        boolean mayLeave = switch (state) {
            case WAITING -> true;
            case RUNNING -> lanes.isSettled(isPaused ? null : drainUpTo);
            case RESTARTING -> lanes.all(lane -> lane.state() == LaneState.OVER);
            case ENDING -> lanes.any(LaneState.CLOSE_FAILED) && lanes.all(lane -> !lane.isBusy());
            case DRAINING, LOSING, DONE -> false;
        };
        if (mayLeave) {
            startDraining();
        } else if (state == ShardState.ENDING) {
            lanes.forEach(Lane::cancelTimer);
        }
    }

    private void startDraining() {
        if (state == ShardState.ENDING && lanes.any(Lane::isBusy)) {
            // Lanes that failed shall not begin again before those have returned, one after the other for ever.
            lanes.forEach(Lane::cancelTimer);
            return;
        }
        timer.cancel();
        moveTo(ShardState.DRAINING, "the lease is to be given back");
        stopReading();
        lanes.forEach(Lane::cancelTimer);
        lanes.forEach(lane -> lane.sayShutdown(this::releaseIfClosed));
        releaseIfClosed();
    }

    private void releaseIfClosed() {
        if (state == ShardState.DRAINING && !lettingGo && lanes.all(lane -> lane.state() == LaneState.OVER)) {
            release();
        } else if (state == ShardState.LOSING) {
            closeIdleLanes();
        }
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

    @Override
    public void notOurs() {
        lost(UNPROVEN);
        if (state == ShardState.LOSING) {
            closeIdleLanes();
        }
    }

    @Override
    public void stopWorker(String reason) {
        parts.owner().stopWorker(reason);
    }

    private void doneIfLost() {
        if (state == ShardState.LOSING && lanes.all(lane -> lane.state() == LaneState.OVER)) {
            done(new ConsumerEnd.Lost(lossReason), lossReason);
        }
    }

    private void done(ConsumerEnd end, String reason) {
        stopReading();
        earlySave.cancel();
        checkpoints.close();
        moveTo(ShardState.DONE, reason);
        status.close();
        parts.oversight().reports().over(lease.key());
        parts.owner().over(this, end);
        endTurn();
    }

    /** The next ownership of the shard in this worker may begin. */
    void endTurn() {
        ShardTurns.Turn mine = turn;
        if (mine != null) {
            mine.end();
        }
    }

    private void stopReading() {
        timer.cancel();
        reading.close();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private void moveTo(ShardState next, String reason) {
        state = ShardState.TRANSITIONS.move(state, next, reason, lease.key() + " epoch " + lease.epoch());
        show();
    }

    private void show() {
        status.moved(requireNonNull(Phases.of(state, lanes, isPaused)));
    }
}
