package io.millrace.lease.coordinator;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.WorkerId;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
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
    private static final Duration REJOIN_PAUSE = Duration.ofMillis(100);

    private final Wiring wiring;
    private final EventLoop loop;
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<CloseReport> closed = new CompletableFuture<>();
    private volatile WorkerId id;

    // Owned by the loop.
    private CoordinatorState state = CoordinatorState.NEW;
    private SureTable table;
    private List<StreamSettings> streams;
    private @Nullable WorkerSession session;

    private LeaseCoordinator(Wiring wiring) {
        this.wiring = wiring;
        this.loop = wiring.loop();
        this.id = newId();
        this.streams = wiring.settings().streams();
        this.table = wiring.newSureTable();
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
        return new LeaseCoordinator(new Wiring(settings, table, directory, listener, platform, loop, measured));
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
     * from its checkpoints.
     *
     * @param wanted the streams to read from now, at least one
     * @return completes when this worker has the change; fails as {@link #start} does, and then nothing has changed
     * @throws IllegalArgumentException if no stream is named, or one twice
     */
    public CompletableFuture<Void> changeStreams(List<StreamSettings> wanted) {
        List<StreamSettings> checked = wiring.settings().withStreams(wanted).streams();
        CompletableFuture<Void> changed = new CompletableFuture<>();
        CompletableFuture<Void> unused = started.whenComplete((ready, error) -> {
            if (error != null) {
                changed.completeExceptionally(error);
            } else {
                send(() -> prepareChange(checked, changed));
            }
        });
        CompletableFuture<Void> unusedEnd = closed.thenRun(
                () -> changed.completeExceptionally(new StartFailedException("the worker is closed", null)));
        return changed;
    }

    private void prepareChange(List<StreamSettings> wanted, CompletableFuture<Void> changed) {
        List<StreamSettings> fresh =
                wanted.stream().filter(stream -> !streams.contains(stream)).toList();
        // What only leaves needs neither the stream, which may be gone, nor the table.
        CompletableFuture<Void> prepared = fresh.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : new Preparation(wiring, wiring.newSureTable()).run(fresh);
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
            wiring.then(new Preparation(wiring, table).run(streams), ready -> join(), error -> {
                started.completeExceptionally(error);
                end("the start failed", nothing());
            });
        }
    }

    private void join() {
        wiring.then(WorkerSession.join(wiring, id, table, names(streams), this::rejoin), joined -> {
            if (joined.isOver() || state == CoordinatorState.CLOSED) {
                return;
            }
            session = joined;
            joined.read(names(streams));
            moveTo(CoordinatorState.MEMBER, "joined as " + joined.id());
            started.complete(null);
        });
    }

    /** The session is over: start another one under a new run, as soon as the table answers. */
    private void rejoin(String reason) {
        session = null;
        if (state == CoordinatorState.LEAVING || state == CoordinatorState.CLOSED) {
            return;
        }
        moveTo(CoordinatorState.REJOINING, reason);
        WorkerId last = id;
        id = newId();
        table = wiring.newSureTable();
        removeRow(last, table);
    }

    /** The old row goes first: then the others need not wait for it to expire. Its leases were given up already. */
    private void removeRow(WorkerId last, SureTable current) {
        wiring.then(
                current.read(rows -> rows.get(Entity.worker(last))),
                row -> {
                    if (state != CoordinatorState.REJOINING) {
                        log.debug("{} joins no more", id);
                    } else if (row.isPresent()) {
                        wiring.then(current.delete(row.get()), gone -> removeRow(last, current));
                    } else {
                        join();
                    }
                },
                error -> wiring.later(REJOIN_PAUSE, () -> removeRow(last, current)));
    }

    private void leave(Duration deadline) {
        WorkerSession current = session;
        if (state == CoordinatorState.MEMBER && current != null) {
            moveTo(CoordinatorState.LEAVING, "close() was called");
            wiring.then(current.leave(deadline), report -> end("left", report));
        } else if (state != CoordinatorState.LEAVING && state != CoordinatorState.CLOSED) {
            started.completeExceptionally(
                    new StartFailedException("the worker was closed before it had started", null));
            end("close() was called", nothing());
        }
    }

    private void end(String reason, CloseReport report) {
        moveTo(CoordinatorState.CLOSED, reason);
        table.abandon();
        session = null;
        wiring.meters().close();
        closed.complete(report);
        loop.close();
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
        if (!state.canBecome(next)) {
            throw new IllegalStateException(
                    "worker " + id + " cannot go from " + state + " to " + next + ": " + reason);
        }
        log.debug("{}: {} -> {}: {}", id, state, next, reason);
        state = next;
    }
}
