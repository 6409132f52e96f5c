package io.millrace.consumer;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Meter;
import io.millrace.checkpoint.ShardCheckpoints;
import io.millrace.consumer.WorkerHealth.ShardHealth;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
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
final class ShardConsumer implements RecordSourceListener {
    private static final Logger log = LoggerFactory.getLogger(ShardConsumer.class);

    private final HeldLease lease;
    private final ConsumerParts parts;
    private final EventLoop loop;
    private final ShardContext context;
    private final ShardCheckpoints checkpoints;
    private final FailureLog failures = new FailureLog();
    private final Meter lagMeter;

    private ConsumerState state = ConsumerState.INITIALIZING;
    private @Nullable RecordSource source;
    private @Nullable RecordProcessor processor;
    /** What the processor has to process, in its hands or waiting for a retry; empty otherwise. */
    private List<StreamRecord> inHand = List.of();

    private long inHandBehind;
    private EventLoop.Cancellable timer = EventLoop.Cancellable.DONE;
    private boolean initialized;
    private boolean userBusy;
    private boolean drainRequested;
    /** The last call was made and returned: no other of the three last ones may follow. */
    private boolean saidGoodbye;
    /** The lease was asked to release or finish: what comes of it decides, not what the lease says in between. */
    private boolean lettingGo;

    private boolean askingDirectory;
    /** Set when the shard turned out to be over without the source having said so. */
    private @Nullable List<ChildShard> vanishedWith;

    private String lossReason = "";
    private volatile ShardHealth health;

    ShardConsumer(HeldLease lease, ConsumerParts parts) {
        this.lease = lease;
        this.parts = parts;
        this.loop = parts.loop();
        this.context = new ShardContext(lease.key().stream(), lease.key().shard(), lease.epoch(), lease.checkpoint());
        this.checkpoints = new ShardCheckpoints(lease, loop, parts.platform().ticker(), parts.checkpointInterval());
        this.health = new ShardHealth(context.shard(), context.epoch(), state, -1, null, null);
        this.lagMeter = parts.meters().showLag(lease.key(), this);
    }

    HeldLease lease() {
        return lease;
    }

    ShardHealth health() {
        return health;
    }

    double millisBehindLatest() {
        return health.millisBehindLatest();
    }

    /** The lease is ours: prepares the processor and reads ahead meanwhile. */
    void start() {
        Optional<Position> from = context.checkpoint().resumeAt();
        if (from.isPresent()) {
            source = parts.sources().open(context.stream(), context.shard(), from.get(), this);
        } else {
            vanishedWith = List.of();
        }
        callUser(() -> parts.processors().get(), (made, error) -> {
            processor = made;
            if (error == null) {
                initialize();
            } else {
                initializeFailed("the processor's factory", error);
            }
        });
    }

    /** The lease shall be given back. */
    void drain() {
        if (drainRequested) {
            return;
        }
        drainRequested = true;
        boolean waitsForNothing = state == ConsumerState.FETCHING
                || state == ConsumerState.INITIALIZE_FAILED
                || state == ConsumerState.BATCH_FAILED;
        if (waitsForNothing || (state == ConsumerState.ENDING && !userBusy && !saidGoodbye)) {
            startDraining();
        }
    }

    /** The lease is gone. */
    void lost(String reason) {
        if (state == ConsumerState.LOSING || state == ConsumerState.DONE || lettingGo) {
            return;
        }
        lossReason = reason;
        moveTo(ConsumerState.LOSING, reason);
        stopReading();
        checkpoints.close();
        if (!userBusy) {
            sayLeaseLost();
        }
    }

    // Preparing.

    private void initialize() {
        RecordProcessor user = requireNonNull(processor);
        if (leaveIfAskedTo()) {
            return;
        }
        Callable<Boolean> call = () -> {
            user.initialize(context);
            return true;
        };
        callUser(call, (done, error) -> {
            initialized = error == null;
            if (error != null) {
                initializeFailed("initialize", error);
            } else if (!leaveIfAskedTo()) {
                failures.userWorks();
                fetch("initialized");
            }
        });
    }

    private void initializeFailed(String call, Throwable error) {
        if (leaveIfAskedTo()) {
            return;
        }
        Duration wait = userFailed(call, error);
        moveTo(ConsumerState.INITIALIZE_FAILED, "again in " + wait);
        timer = loop.schedule(wait, () -> {
            moveTo(ConsumerState.INITIALIZING, "again");
            if (processor == null) {
                callUser(() -> parts.processors().get(), (made, thrown) -> {
                    processor = made;
                    if (thrown == null) {
                        initialize();
                    } else {
                        initializeFailed("the processor's factory", thrown);
                    }
                });
            } else {
                initialize();
            }
        });
    }

    // Records.

    private void fetch(String reason) {
        inHand = List.of();
        if (state != ConsumerState.FETCHING) {
            moveTo(ConsumerState.FETCHING, reason);
        }
        List<ChildShard> children = vanishedWith;
        if (children != null) {
            end(children);
        } else {
            requireNonNull(source).request();
        }
    }

    @Override
    public void batch(SourceBatch batch) {
        failures.readingWorks();
        inHand = batch.records();
        inHandBehind = batch.millisBehindLatest();
        hand(1);
    }

    private void hand(int attempt) {
        if (!lease.isValid()) {
            lost("the lease can no longer be proven to be ours");
            return;
        }
        moveTo(ConsumerState.PROCESSING, inHand.size() + " records, attempt " + attempt);
        showLag(inHandBehind);
        StreamRecord last = inHand.get(inHand.size() - 1);
        checkpoints.delivered(last.position());
        RecordProcessor user = requireNonNull(processor);
        RecordBatch batch = new RecordBatch(context, inHand, inHandBehind, attempt, checkpoints.checkpointer());
        Callable<Boolean> call = () -> {
            // It may have taken a while to get a thread.
            boolean ours = lease.isValid();
            if (ours) {
                user.processRecords(batch);
            }
            return ours;
        };
        callUser(call, (ours, error) -> {
            if (state == ConsumerState.LOSING) {
                sayLeaseLost();
            } else if (error != null) {
                batchFailed(error);
            } else if (Boolean.TRUE.equals(ours)) {
                batchDone(last);
            } else {
                lost("the lease can no longer be proven to be ours");
            }
        });
    }

    private void batchDone(StreamRecord last) {
        failures.userWorks();
        parts.meters().processed(inHand.size());
        checkpoints.processed(last.position());
        inHand = List.of();
        if (!leaveIfAskedTo()) {
            fetch("processed");
        }
    }

    private void batchFailed(Throwable error) {
        parts.meters().batchFailed();
        Duration wait = userFailed("processRecords", error);
        if (leaveIfAskedTo()) {
            return;
        }
        if (unprocessed().isEmpty()) {
            fetch("threw after it had checkpointed the whole batch");
            return;
        }
        moveTo(ConsumerState.BATCH_FAILED, "again in " + wait);
        timer = loop.schedule(wait, () -> {
            inHand = unprocessed();
            hand(failures.userFailures() + 1);
        });
    }

    /** What the user has not declared processed of the batch in hand. */
    private List<StreamRecord> unprocessed() {
        if (checkpoints.processed() instanceof Checkpoint.Processed done) {
            return inHand.stream()
                    .filter(record -> record.position().compareTo(done.position()) > 0)
                    .toList();
        }
        return inHand;
    }

    @Override
    public void idle(long millisBehindLatest) {
        failures.readingWorks();
        showLag(millisBehindLatest);
    }

    @Override
    public void trouble(SourceTrouble trouble) {
        if (FailureLog.isWorthTelling(trouble)) {
            failures.readingFailed(trouble, parts.platform().clock().instant());
            publishHealth();
            if (Integer.bitCount(trouble.failures()) == 1) {
                log.warn(
                        "{}: reading failed {} times in a row, it is tried again ({}): {}",
                        lease.key(),
                        trouble.failures(),
                        trouble.kind(),
                        trouble.message());
            }
        }
        if (trouble.kind() == ShardReadException.Kind.GONE && !askingDirectory && vanishedWith == null) {
            askingDirectory = true;
            loop.whenComplete(parts.directory().listShards(context.stream()), (shards, error) -> {
                askingDirectory = false;
                if (shards != null
                        && shards.stream().noneMatch(shard -> shard.id().equals(context.shard()))) {
                    vanished(childrenIn(shards));
                }
            });
        }
    }

    /** The stream is there and does not list the shard: retention has taken it, with whatever was not read. */
    private void vanished(List<ChildShard> children) {
        if (state == ConsumerState.ENDING
                || state == ConsumerState.DRAINING
                || state == ConsumerState.LOSING
                || state == ConsumerState.DONE) {
            return;
        }
        log.warn(
                "{}: the stream no longer has this shard; what was not read of it has passed retention and is gone",
                lease.key());
        vanishedWith = children;
        stopReading();
        if (state == ConsumerState.FETCHING) {
            end(children);
        }
    }

    // Shard's end.

    @Override
    public void shardEnded(List<ChildShard> children) {
        failures.readingWorks();
        end(children);
    }

    private void end(List<ChildShard> children) {
        moveTo(ConsumerState.ENDING, "the shard is read out");
        stopReading();
        CompletableFuture<CheckpointOutcome> unused = checkpoints.flush();
        sayShardEnded(children);
    }

    private void sayShardEnded(List<ChildShard> children) {
        RecordProcessor user = requireNonNull(processor);
        Callable<Boolean> call = () -> {
            boolean ours = lease.isValid();
            if (ours) {
                user.shardEnded(checkpoints.checkpointer());
            }
            return ours;
        };
        callUser(call, (ours, error) -> {
            if (state == ConsumerState.LOSING) {
                saidGoodbye = error == null && Boolean.TRUE.equals(ours);
                sayLeaseLost();
            } else if (error != null) {
                Duration wait = userFailed("shardEnded", error);
                if (drainRequested) {
                    startDraining();
                } else {
                    timer = loop.schedule(wait, () -> sayShardEnded(children));
                }
            } else if (Boolean.TRUE.equals(ours)) {
                saidGoodbye = true;
                failures.userWorks();
                finish(children);
            } else {
                lost("the lease can no longer be proven to be ours");
            }
        });
    }

    private void finish(List<ChildShard> children) {
        if (children.isEmpty()) {
            // Some servers do not name children; without them the next owner would wait for the leader to look.
            loop.whenComplete(
                    parts.directory().listShards(context.stream()),
                    (shards, error) -> finishWith(shards == null ? children : childrenIn(shards)));
        } else {
            finishWith(children);
        }
    }

    private void finishWith(List<ChildShard> children) {
        if (state != ConsumerState.ENDING) {
            return;
        }
        lettingGo = true;
        checkpoints.close();
        loop.whenComplete(lease.finish(children), (outcome, error) -> {
            if (outcome == CheckpointOutcome.SAVED) {
                done(new ConsumerEnd.Ended(children), "ended");
            } else {
                done(new ConsumerEnd.Lost("lost at the shard's end"), "lost at the shard's end");
            }
        });
    }

    private List<ChildShard> childrenIn(List<Shard> shards) {
        return shards.stream()
                .filter(shard -> shard.parents().contains(context.shard()))
                .map(Shard::asChild)
                .toList();
    }

    // Leaving.

    /** Between two calls of the user's code: goes the way that was asked for meanwhile, if any. */
    private boolean leaveIfAskedTo() {
        if (state == ConsumerState.LOSING) {
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
        moveTo(ConsumerState.DRAINING, "the lease is to be given back");
        stopReading();
        CompletableFuture<CheckpointOutcome> unused = checkpoints.flush();
        RecordProcessor user = processor;
        if (user == null || !initialized) {
            release();
            return;
        }
        Callable<Boolean> call = () -> {
            user.shutdownRequested(checkpoints.checkpointer());
            return true;
        };
        callUser(call, (done, error) -> {
            saidGoodbye = true;
            if (error != null) {
                userFailed("shutdownRequested", error);
            }
            if (state == ConsumerState.LOSING) {
                sayLeaseLost();
            } else {
                release();
            }
        });
    }

    private void release() {
        loop.whenComplete(checkpoints.flush(), (outcome, error) -> {
            if (state != ConsumerState.DRAINING) {
                return;
            }
            if (outcome == CheckpointOutcome.LEASE_LOST) {
                lost("another worker owned the shard when its last checkpoint was saved");
                return;
            }
            lettingGo = true;
            checkpoints.close();
            loop.whenComplete(lease.release(), (released, failure) -> done(new ConsumerEnd.Released(), "released"));
        });
    }

    private void sayLeaseLost() {
        RecordProcessor user = processor;
        if (user == null || !initialized || saidGoodbye) {
            done(new ConsumerEnd.Lost(lossReason), lossReason);
            return;
        }
        saidGoodbye = true;
        Callable<Boolean> call = () -> {
            user.leaseLost();
            return true;
        };
        callUser(call, (done, error) -> {
            if (error != null) {
                userFailed("leaseLost", error);
            }
            done(new ConsumerEnd.Lost(lossReason), lossReason);
        });
    }

    private void done(ConsumerEnd end, String reason) {
        stopReading();
        checkpoints.close();
        moveTo(ConsumerState.DONE, reason);
        parts.meters().hideLag(lease.key(), lagMeter);
        parts.owner().over(this, end);
    }

    // Common.

    private <T> void callUser(Callable<T> code, BiConsumer<@Nullable T, @Nullable Throwable> done) {
        userBusy = true;
        parts.calls().call(code, (value, error) -> {
            userBusy = false;
            done.accept(value, error);
        });
    }

    private Duration userFailed(String call, Throwable error) {
        failures.userFailed(call, error, parts.platform().clock().instant());
        publishHealth();
        int times = failures.userFailures();
        Duration wait = parts.retry().delay(times, parts.platform().random());
        log.warn(
                "{}: {} threw, {} times in a row now, {}; records and checkpoint stay as they are: {}",
                lease.key(),
                call,
                times,
                drainRequested || state == ConsumerState.LOSING ? "the shard is being let go" : "again in " + wait,
                FailureLog.describe(error));
        log.debug("{}: what {} threw", lease.key(), call, error);
        return wait;
    }

    private void stopReading() {
        timer.cancel();
        if (source != null) {
            source.close();
        }
    }

    private void showLag(long millisBehindLatest) {
        publishHealth(millisBehindLatest);
    }

    private void publishHealth() {
        publishHealth(health.millisBehindLatest());
    }

    private void publishHealth(long lag) {
        FailureLog.Failure failure = failures.current();
        health = new ShardHealth(
                context.shard(),
                context.epoch(),
                state,
                lag,
                failure == null ? null : failure.since(),
                failure == null ? null : failure.what());
    }

    private void moveTo(ConsumerState next, String reason) {
        if (!state.mayBecome(next)) {
            throw new IllegalStateException(
                    lease.key() + ": " + state + " cannot become " + next + " (" + reason + ")");
        }
        log.debug("{} epoch {}: {} -> {}: {}", lease.key(), context.epoch(), state, next, reason);
        state = next;
        publishHealth();
    }
}
