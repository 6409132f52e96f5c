package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.LostTable;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.WorkerId;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.StreamName;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.FatalErrors;
import io.millrace.runtime.GuardedLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker's part in sharing the shards of an application's streams. It joins, lives in a {@code WorkerSession} until
 * that is lost, joins again under a new run, and at the end leaves.
 *
 * <p>All methods are safe for any thread. Everything inside runs on one event loop, which the coordinator makes and
 * closes; the listener is called there.
 */
public final class LeaseCoordinator {
    private static final Logger log = LoggerFactory.getLogger(LeaseCoordinator.class);

    private static final Duration REMINDER = Duration.ofSeconds(3);

    /** How long a worker waits after an error in itself, longer each time. */
    private static final Backoff RESTART = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));

    private final Wiring wiring;
    private final EventLoop thread;
    private final EventLoop loop;
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<CloseReport> closed = new CompletableFuture<>();
    private volatile WorkerId id;
    /** What the session of now proves its ownership with; absent while there is none. */
    private volatile @Nullable Proof proof;

    // Owned by the loop.
    private CoordinatorState state = CoordinatorState.NEW;
    private SureTable table;
    private SureTable changeTable;
    private List<StreamSettings> streams;
    private @Nullable WorkerSession session;
    private CompletableFuture<Void> lastChange = started;
    private boolean joining;
    /** The table lost what must be there, and this worker makes it again. */
    private boolean beginsAgain;

    private Duration leaveWithin = Duration.ZERO;
    /** When the last life ended before its time, and how many did in a row because of an error in the worker itself. */
    private long lostAt;

    private int breaks;

    private LeaseCoordinator(Wiring parts) {
        this.thread = parts.loop();
        this.loop = new GuardedLoop(thread, this::broke);
        this.wiring = parts.pacedOn(loop);
        this.id = newId();
        this.streams = wiring.settings().streams();
        this.table = wiring.newSureTable();
        this.changeTable = table;
    }

    /**
     * A coordinator that has not started.
     *
     * @param table the rows of this application
     * @param listener is told what this worker owns
     * @param meters where {@code millrace.lease.*} is measured
     */
    public static LeaseCoordinator create(
            LeaseSettings settings,
            LeaseTable table,
            ShardDirectory directory,
            LeaseListener listener,
            Platform platform,
            MeterRegistry meters) {
        requireNonNull(settings, "settings");
        requireNonNull(table, "table");
        requireNonNull(directory, "directory");
        requireNonNull(listener, "listener");
        LeaseMeters measured = new LeaseMeters(requireNonNull(meters, "meters"), settings.workerName());
        EventLoop loop = requireNonNull(platform, "platform").newEventLoop("leases-" + settings.workerName());
        LeaseListener safe = new SafeListener(listener, platform);
        TableLoss loss = new TableLoss(loop, platform, settings.failoverTime());
        LeaseCoordinator coordinator = new LeaseCoordinator(
                new Wiring(settings, new WatchedTable(table, loss), directory, safe, platform, loop, measured, loss));
        loss.tell(coordinator::tableLost);
        return coordinator;
    }

    /**
     * Joins the other workers. Calls after the first return the same future.
     *
     * @return completes when this worker takes part; its leases follow through the listener. Fails with a
     *     {@link io.millrace.lease.LeaseException} whose message says what to do when the table or a stream cannot be
     *     used; the coordinator is closed then
     */
    public CompletableFuture<Void> start() {
        send(this::begin);
        return started;
    }

    /**
     * Leaves: asks the listener for all leases back, lets the others have each as soon as it is released, and removes
     * this worker's rows. A lease that is not released within {@code deadline} is declared lost. Calls after the first
     * return the same future.
     *
     * @return completes when the worker has left; never fails
     */
    public CompletableFuture<CloseReport> close(Duration deadline) {
        requireNonNull(deadline, "deadline");
        send(() -> leave(deadline));
        return closed;
    }

    /**
     * Changes what this worker reads, while it runs. New streams are looked up and pinned first; then their shards are
     * shared like the others'. Leases of streams that are no longer named are asked back from the listener and go to
     * workers that still read them. The rows of a stream that nobody reads stay in the table: who names it again goes on
     * from its checkpoints. Calls take effect one after the other, in their order.
     *
     * @param wanted the streams to read from now, at least one
     * @return completes when this worker has the change; fails as {@link #start} does, and then nothing has changed
     * @throws IllegalArgumentException if no stream is named, or one twice
     */
    public CompletableFuture<Void> changeStreams(List<StreamSettings> wanted) {
        List<StreamSettings> checked = wiring.settings().withStreams(wanted).streams();
        CompletableFuture<Void> changed = new CompletableFuture<>();
        send(() -> queueChange(checked, changed));
        CompletableFuture<Void> unusedEnd = closed.thenRun(
                () -> changed.completeExceptionally(new StartFailedException("the worker is closed", null)));
        return changed;
    }

    /** Looking up a new stream takes time; a later call must not overtake an earlier one. */
    private void queueChange(List<StreamSettings> wanted, CompletableFuture<Void> changed) {
        CompletableFuture<Void> before = lastChange;
        lastChange = changed;
        wiring.then(before, done -> prepareChange(wanted, changed), error -> {
            if (started.isCompletedExceptionally()) {
                changed.completeExceptionally(error);
            } else {
                prepareChange(wanted, changed);
            }
        });
    }

    private void prepareChange(List<StreamSettings> wanted, CompletableFuture<Void> changed) {
        if (state == CoordinatorState.CLOSED) {
            return;
        }
        List<StreamSettings> fresh =
                wanted.stream().filter(stream -> !streams.contains(stream)).toList();
        changeTable = wiring.newSureTable();
        // What only leaves needs neither the stream, which may be gone, nor the table.
        CompletableFuture<Void> prepared = fresh.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : new Preparation(wiring, changeTable).runAll(fresh);
        wiring.then(
                prepared,
                ready -> {
                    streams = wanted;
                    WorkerSession current = session;
                    if (current != null) {
                        current.read(names(wanted));
                    }
                    changed.complete(null);
                },
                changed::completeExceptionally);
    }

    private static SortedSet<StreamName> names(List<StreamSettings> streams) {
        return streams.stream().map(StreamSettings::name).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Who this worker is now; a worker that was lost comes back as another run. */
    public WorkerId workerId() {
        return id;
    }

    /**
     * True while this worker takes part and its heartbeats in the table prove it; false while it cannot reach the table for
     * too long, and from being declared dead until it has joined again.
     */
    public boolean isMember() {
        Proof current = proof;
        return current != null && current.isCurrent();
    }

    /** Tells the leader, if this worker is it, that the stream's shards changed; else the next periodic look finds out. */
    public void syncShards() {
        send(() -> {
            WorkerSession current = session;
            if (current != null) {
                current.wantSync();
            }
        });
    }

    private void begin() {
        if (state == CoordinatorState.NEW) {
            moveTo(CoordinatorState.STARTING, "start() was called");
            long deadline = wiring.now() + wiring.settings().startTimeout().toNanos();
            remindOfStart(deadline);
            Preparation preparation = new Preparation(wiring, table);
            wiring.then(
                    preparation.run(streams),
                    ready -> {
                        setApart(preparation);
                        if (streams.isEmpty()) {
                            startFailed(preparation.refusal());
                        } else {
                            join();
                        }
                    },
                    this::startFailed);
        }
    }

    /** A start that takes long says why, and does not take for ever. */
    private void remindOfStart(long deadline) {
        EventLoop.Cancellable unused = wiring.later(REMINDER, () -> {
            if (started.isDone()) {
                return;
            }
            String trouble = table.lastTrouble().orElse("the lease table does not answer");
            if (joining && wiring.now() - deadline >= 0) {
                started.completeExceptionally(new StartFailedException(
                        "gave up starting after "
                                + wiring.settings().startTimeout().toSeconds() + " s: " + trouble,
                        null));
                leave(Duration.ZERO);
            } else {
                log.warn(
                        "Worker {} has not started yet and tries on: {}",
                        wiring.settings().workerName(),
                        trouble);
                remindOfStart(deadline);
            }
        });
    }

    /** An error in a task of the coordinator itself: it is begun afresh where it can be. */
    private void broke(Throwable error) {
        String reason = "an error in the worker itself: " + error;
        WorkerSession current = session;
        if (state == CoordinatorState.MEMBER && current != null) {
            current.broke(error);
            return;
        }
        log.error("An error in worker {} itself while it is {}", id, state, error);
        switch (state) {
            case NEW, STARTING -> {
                started.completeExceptionally(new StartFailedException("the start failed, " + reason, error));
                end(reason, nothing());
            }
            case MEMBER, REJOINING -> rejoin(new WorkerSession.Loss(reason, error));
            case LEAVING -> end(reason, nothing());
            case CLOSED -> log.debug("It was over");
        }
        wiring.platform().contained(error);
    }

    private void startFailed(Throwable error) {
        started.completeExceptionally(error);
        end("the start failed", nothing());
    }

    /** One stream whose row cannot be read must not keep the others from being read. It is tried again from time to time. */
    private void setApart(Preparation preparation) {
        if (preparation.unreadable().isEmpty()) {
            return;
        }
        List<StreamSettings> apart = streams.stream()
                .filter(stream -> preparation.unreadable().containsKey(stream.name()))
                .toList();
        streams = streams.stream().filter(stream -> !apart.contains(stream)).toList();
        if (!streams.isEmpty()) {
            log.warn("The others are read, but {}", preparation.refusal().getMessage());
            wiring.later(wiring.settings().shardSyncInterval(), () -> tryAgain(apart));
        }
    }

    private void tryAgain(List<StreamSettings> apart) {
        if (state == CoordinatorState.CLOSED || state == CoordinatorState.LEAVING) {
            return;
        }
        List<StreamSettings> wanted = new ArrayList<>(streams);
        apart.stream().filter(stream -> !wanted.contains(stream)).forEach(wanted::add);
        CompletableFuture<Void> changed = new CompletableFuture<>();
        queueChange(wanted, changed);
        wiring.then(
                changed,
                done -> log.info("The row of the streams {} can be read again", names(apart)),
                error -> wiring.later(wiring.settings().shardSyncInterval(), () -> tryAgain(apart)));
    }

    private void join() {
        if (state == CoordinatorState.LEAVING) {
            end("closed before it had joined", nothing());
            return;
        }
        joining = true;
        wiring.then(WorkerSession.join(wiring, id, table, names(streams), this::rejoin), joined -> {
            joining = false;
            if (joined.isOver() || state == CoordinatorState.CLOSED) {
                return;
            }
            session = joined;
            proof = joined.proof();
            if (state == CoordinatorState.LEAVING) {
                leave(joined);
            } else {
                joined.read(names(streams));
                if (state == CoordinatorState.REJOINING) {
                    Duration without = wiring.platform().ticker().since(lostAt);
                    log.info("Worker {} takes part again, {} s after it lost its leases", id, without.toSeconds());
                }
                moveTo(CoordinatorState.MEMBER, "joined as " + joined.id());
                started.complete(null);
            }
        });
    }

    /** The session is over: start another one under a new run, as soon as the table answers. */
    private void rejoin(WorkerSession.Loss loss) {
        boolean whileJoining = joining;
        joining = false;
        session = null;
        proof = null;
        if (state == CoordinatorState.CLOSED || (state == CoordinatorState.LEAVING && !whileJoining)) {
            return;
        }
        if (state != CoordinatorState.LEAVING) {
            moveTo(CoordinatorState.REJOINING, loss.reason());
        }
        Duration pause = pauseAfter(loss);
        lostAt = wiring.now();
        WorkerId last = id;
        id = newId();
        table = wiring.newSureTable();
        // The old row goes first: then the others need not wait for it to expire. Its leases were given up already.
        wiring.then(RowRemoval.of(last, table, wiring), gone -> {
            if (beginsAgain) {
                beginAgain();
            } else {
                wiring.later(pause, this::joinOnceAnswered);
            }
        });
    }

    /** Leases are nothing for a holder that stands still. */
    private void joinOnceAnswered() {
        if (state == CoordinatorState.LEAVING) {
            join();
        } else if (state == CoordinatorState.REJOINING) {
            wiring.then(ListenerWatch.answer(wiring), answered -> {
                if (state == CoordinatorState.REJOINING || state == CoordinatorState.LEAVING) {
                    join();
                }
            });
        }
    }

    /** An error may come again at once, so the next life waits, longer each time. */
    private Duration pauseAfter(WorkerSession.Loss loss) {
        Throwable error = loss.errorOrNull();
        if (error == null) {
            breaks = 0;
            return Duration.ZERO;
        }
        breaks = wiring.platform()
                                .ticker()
                                .since(lostAt)
                                .compareTo(RESTART.most().multipliedBy(5))
                        > 0
                ? 1
                : breaks + 1;
        if (FatalErrors.isFatal(error)) {
            wiring.listener()
                    .failed("worker " + wiring.settings().workerName()
                            + " stops after an error that trying again does not mend: " + error);
        }
        return RESTART.delay(breaks, wiring.platform().random());
    }

    private void tableLost(String what) {
        boolean takesPart = state == CoordinatorState.MEMBER || state == CoordinatorState.REJOINING;
        if (!takesPart || beginsAgain) {
            return;
        }
        if (wiring.settings().onLostTable() == LostTable.STOP) {
            stopBecause(what
                    + ", deleted while workers ran, and checkpoints may be gone too; to read again from the initial"
                    + " position start with --on-lost-table restart (WorkerBuilder.onLostTable), else bring the table"
                    + " back first");
            return;
        }
        log.warn(
                "Worker {}: {}, deleted while workers ran, and checkpoints may be gone too; reading begins again at the"
                        + " initial position after {}",
                id,
                what,
                wiring.settings().failoverTime());
        beginsAgain = true;
        WorkerSession current = session;
        if (current != null) {
            current.abandon(what);
        } else if (joining) {
            joining = false;
            table.abandon();
            table = wiring.newSureTable();
            id = newId();
            beginAgain();
        }
    }

    /** The worker cannot go on, whoever wants it to. */
    private void stopBecause(String reason) {
        wiring.listener().tableLost(reason);
        leave(wiring.settings().failoverTime().dividedBy(2));
    }

    /**
     * Rows that are made anew count from one again: what a worker still writes that does not know of it could meet one at the
     * revision that it saw. After the failover time nobody believes in what was there before.
     */
    private void beginAgain() {
        wiring.later(wiring.settings().failoverTime(), () -> {
            if (state == CoordinatorState.LEAVING) {
                end("closed before it had joined again", nothing());
            } else if (state == CoordinatorState.REJOINING) {
                wiring.then(
                        new Preparation(wiring, table).run(streams),
                        ready -> {
                            beginsAgain = false;
                            join();
                        },
                        this::beginAgainFailed);
            }
        });
    }

    private void beginAgainFailed(Throwable error) {
        if (state != CoordinatorState.REJOINING) {
            return;
        }
        if (error instanceof StartFailedException) {
            log.warn("Worker {} cannot begin again yet, and tries on: {}", id, error.getMessage());
            beginAgain();
        } else {
            stopBecause(String.valueOf(error.getMessage()));
        }
    }

    private void leave(Duration deadline) {
        if (state == CoordinatorState.LEAVING || state == CoordinatorState.CLOSED) {
            return;
        }
        started.completeExceptionally(new StartFailedException("the worker was closed before it had started", null));
        WorkerSession current = session;
        boolean hasRow = current != null || joining || state == CoordinatorState.REJOINING;
        if (!hasRow) {
            end("close() was called", nothing());
            return;
        }
        moveTo(CoordinatorState.LEAVING, "close() was called");
        leaveWithin = deadline;
        if (current != null) {
            leave(current);
        } else {
            // Its row is being made or removed: left behind it would be given leases until it counts as dead.
            wiring.later(WorkerSession.LAST_WRITES, () -> {
                if (session == null && state == CoordinatorState.LEAVING) {
                    end("the table does not answer", nothing());
                }
            });
        }
    }

    private void leave(WorkerSession current) {
        wiring.then(current.leave(leaveWithin), report -> end("left", report));
    }

    private void end(String reason, CloseReport report) {
        moveTo(CoordinatorState.CLOSED, reason);
        table.abandon();
        changeTable.abandon();
        session = null;
        started.completeExceptionally(new StartFailedException("the worker was closed before it had started", null));
        wiring.meters().close();
        closed.complete(report);
        thread.close();
    }

    private static CloseReport nothing() {
        return new CloseReport(new TreeSet<>(), new TreeSet<>(), false);
    }

    private WorkerId newId() {
        return new WorkerId(
                wiring.settings().workerName(),
                Long.toHexString(wiring.platform().random().nextLong()));
    }

    private void send(Runnable message) {
        try {
            loop.execute(message);
        } catch (RejectedExecutionException over) {
            log.debug("{} is closed", id);
        }
    }

    private void moveTo(CoordinatorState next, String reason) {
        state = CoordinatorState.TRANSITIONS.move(state, next, reason, id);
    }
}
