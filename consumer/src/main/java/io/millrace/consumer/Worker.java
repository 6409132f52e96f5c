package io.millrace.consumer;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.health.WorkerHealth;
import io.millrace.consumer.services.HostName;
import io.millrace.consumer.streams.FanOut;
import io.millrace.consumer.streams.KinesisShardDirectory;
import io.millrace.consumer.streams.StreamNames;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.fanout.pipe.FanOutConsumer;
import io.millrace.fanout.pipe.FanOutRefusedException;
import io.millrace.lease.LeaseException;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker of an application: takes its share of its streams' shards, hands their records to the user's processors, and
 * keeps the checkpoints. Start as many as you like, in one process or many; they find each other through the lease table.
 *
 * <pre>{@code
 * try (Worker worker = Worker.builder()
 *         .application("orders-dashboard")
 *         .stream("orders")
 *         .processor(OrderProcessor::new)
 *         .build()) {
 *     worker.run();
 * }
 * }</pre>
 *
 * <p>A worker may read several streams, given by name or by ARN, in the builder or while it runs. It takes shards of its own streams only, so
 * workers of one application may differ, as they do during a rolling deployment. Leases of a stream that no worker reads
 * stay in the table with their checkpoints.
 *
 * <p>A stream that is deleted while it is read, or deleted and made anew under the same name, is let go of with a
 * {@link WorkerEvent.StreamGone} event, and the worker goes on with its others. If it was the last one, the worker ends by
 * itself as if it were closed: {@link #run} throws a {@link WorkerException} that names the stream, and the
 * {@link WorkerEvent.Stopped} event carries the same line. The application's rows about the old stream stay in the table,
 * so that the new one is refused under this application name rather than read from the old one's checkpoints.
 *
 * <p>An error in the worker itself, as a bug is one, ends the consumer of the shard that it is about; the shard is begun again
 * where it was, here after a pause or elsewhere ({@link WorkerEvent.ConsumerFailed}). After an error that belongs to no
 * shard, and after one that trying again does not mend (the JVM is out of memory, classes do not fit together), the worker
 * ends by itself as above: let the process end then, and start another.
 *
 * <p>Safe for any thread. A worker starts once and closes once.
 */
public final class Worker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Worker.class);
    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(20);

    /** How much longer than its deadline a close takes at most. */
    private static final Duration LAST_SECONDS = Duration.ofSeconds(5);

    private final WorkerSettings settings;
    private final String name;
    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.NEW);
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<List<LeaseKey>> ended = new CompletableFuture<>();

    /** Written once, by the thread that starts the worker. */
    private volatile @Nullable WorkerCore core;

    /** Written once, before {@link #core}. */
    private volatile @Nullable StreamNames names;

    /** Written once, before {@link #core}; absent where the worker only polls. */
    private volatile @Nullable FanOut fanOut;

    private enum Phase {
        NEW,
        STARTED,
        CLOSING
    }

    Worker(WorkerSettings settings) {
        this.settings = settings;
        String given = settings.workerName();
        this.name = given != null
                ? given
                : String.format(
                        Locale.ROOT,
                        "%.100s-%d-%04x",
                        HostName.get().replace('#', '-'),
                        ProcessHandle.current().pid(),
                        settings.platform().random().nextInt(1 << 16));
    }

    /** Begins a worker. */
    public static WorkerBuilder builder() {
        return new WorkerBuilder();
    }

    /**
     * Takes part: returns once the stream and the table are found and the first heartbeat is written. On a worker that has
     * started it only waits for that.
     *
     * @throws WorkerException if the stream is missing, the table cannot be reached, or the worker was closed before
     */
    public void start() {
        if (phase.compareAndSet(Phase.NEW, Phase.STARTED)) {
            begin();
        } else if (phase.get() == Phase.CLOSING) {
            throw new WorkerException("worker " + name + " is closed; build another one", null);
        }
        try {
            started.get();
        } catch (InterruptedException interrupted) {
            close();
            Thread.currentThread().interrupt();
            throw new WorkerException("interrupted while worker " + name + " was starting; it is closed", interrupted);
        } catch (ExecutionException failure) {
            throw startFailure(requireNonNull(failure.getCause()));
        }
    }

    /**
     * Starts if need be, then blocks until the worker is closed by another thread. An interrupt closes it.
     *
     * @throws WorkerException as {@link #start}; and once the worker has ended by itself, because its last stream was deleted
     *     or because of an error in itself
     */
    public void run() {
        start();
        try {
            ended.get();
        } catch (InterruptedException interrupted) {
            close();
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("a worker's end does not fail", impossible);
        }
        WorkerCore over = core;
        if (over != null && over.failure().isPresent()) {
            throw new WorkerException(over.failure().get(), null);
        }
    }

    /** What the worker is called. */
    public String name() {
        return name;
    }

    /** What it reads, in the order of the names. */
    public SortedSet<StreamName> streams() {
        WorkerCore begun = core;
        SortedSet<StreamName> names = begun == null
                ? settings.streams().stream().map(StreamSettings::name).collect(Collectors.toCollection(TreeSet::new))
                : begun.streams();
        return Collections.unmodifiableSortedSet(names);
    }

    /** {@link #addStream(String, Position.Initial)} from where the builder's initial position says. */
    public void addStream(String nameOrArn) {
        addStream(nameOrArn, settings.initialPosition());
    }

    /**
     * Reads one more stream from now on. Returns once that is written in the table; the stream's shards are then shared
     * among all workers that read it, within moments. A stream that is read already stays as it is. One that the
     * application has read before goes on from its checkpoints, wherever {@code from} is.
     *
     * @param nameOrArn the stream, as {@link WorkerBuilder#stream(String)} takes it
     * @param from where the application begins if it has never read the stream
     * @throws WorkerException if there is no such stream, or another one than the application has read under this name, or
     *     it cannot be read as the worker's fan-out consumer, or the table does not answer; nothing has changed then
     * @throws IllegalStateException if the worker has not started
     */
    public void addStream(String nameOrArn, Position.Initial from) {
        WorkerCore begun = started();
        await(
                "adding stream " + nameOrArn,
                name(nameOrArn)
                        .thenCompose(found -> admit(begun, found))
                        .thenCompose(found -> begun.addStream(new StreamSettings(found, from))));
    }

    /**
     * Reads a stream no more. Returns once its shards are given back as they are at {@link #close}: the batch in hand is
     * finished and its checkpoint saved. A processor that takes longer than the failover time loses its lease. The stream's
     * leases and checkpoints stay in the table: others who read it take them, and whoever adds it again goes on there. A
     * stream that is not read stays so.
     *
     * <p>Do not call this from a processor of the stream: it would wait for itself.
     *
     * @param nameOrArn the stream, as {@link WorkerBuilder#stream(String)} takes it
     * @throws WorkerException if it is the only stream of this worker, which is closed instead
     * @throws IllegalStateException if the worker has not started
     */
    public void removeStream(String nameOrArn) {
        WorkerCore begun = started();
        await("removing stream " + nameOrArn, name(nameOrArn).thenCompose(begun::removeStream));
    }

    /**
     * Hands out no more records of any shard, until {@link #resume()}. Batches in hand are finished. The worker keeps its leases,
     * and takes others, which are paused too.
     *
     * @throws IllegalStateException if the worker has not started
     */
    public void pause() {
        await("pausing", started().pause(new PauseScope.All(), true));
    }

    /** {@link #pause()} for the shards of one stream, until {@link #resume(String)} or {@link #resume()}. */
    public void pause(String nameOrArn) {
        WorkerCore begun = started();
        await(
                "pausing stream " + nameOrArn,
                name(nameOrArn).thenCompose(stream -> begun.pause(new PauseScope.OfStream(stream), true)));
    }

    /** {@link #pause()} for one shard, until {@link #resume(String, ShardId)} or {@link #resume()}. */
    public void pause(String nameOrArn, ShardId shard) {
        WorkerCore begun = started();
        await(
                "pausing shard " + shard,
                name(nameOrArn).thenCompose(stream -> begun.pause(new PauseScope.OfShard(stream, shard), true)));
    }

    /** Ends every pause. */
    public void resume() {
        await("resuming", started().pause(new PauseScope.All(), false));
    }

    /** Ends the pause of one stream; shards that were paused by themselves stay so. */
    public void resume(String nameOrArn) {
        WorkerCore begun = started();
        await(
                "resuming stream " + nameOrArn,
                name(nameOrArn).thenCompose(stream -> begun.pause(new PauseScope.OfStream(stream), false)));
    }

    /** Ends the pause of one shard; one of its stream or of the worker goes on. */
    public void resume(String nameOrArn, ShardId shard) {
        WorkerCore begun = started();
        await(
                "resuming shard " + shard,
                name(nameOrArn).thenCompose(stream -> begun.pause(new PauseScope.OfShard(stream, shard), false)));
    }

    /**
     * Throws the processors of a shard away once they have returned, and begins anew at its checkpoint with new ones: the way on
     * after a failure policy has stopped the shard. Does nothing if this worker does not have the shard.
     *
     * @throws IllegalStateException if the worker has not started
     */
    public void restart(String nameOrArn, ShardId shard) {
        WorkerCore begun = started();
        await(
                "restarting shard " + shard,
                name(nameOrArn).thenCompose(stream -> begun.restart(new PauseScope.OfShard(stream, shard))));
    }

    private CompletableFuture<StreamName> admit(WorkerCore begun, StreamName added) {
        FanOut pipes = fanOut;
        SortedSet<StreamName> all = new TreeSet<>(begun.streams());
        return pipes != null && all.add(added)
                ? pipes.admit(all, List.of(added)).thenApply(admitted -> added)
                : CompletableFuture.completedFuture(added);
    }

    private CompletableFuture<StreamName> name(String nameOrArn) {
        return requireNonNull(names, "names").of(nameOrArn);
    }

    private WorkerCore started() {
        WorkerCore begun = core;
        if (begun == null || !begun.health().running()) {
            throw phase.get() == Phase.CLOSING
                    ? new WorkerException("worker " + name + " is closed; build another one", null)
                    : new IllegalStateException(
                            "worker " + name + " has not started; name its streams in the builder, or start it first");
        }
        return begun;
    }

    private static void await(String what, CompletableFuture<Void> change) {
        try {
            change.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new WorkerException(
                    "interrupted while " + what + "; it goes on without being waited for", interrupted);
        } catch (ExecutionException failure) {
            Throwable cause = requireNonNull(failure.getCause());
            throw new WorkerException(String.valueOf(cause.getMessage()), cause);
        }
    }

    /** How the worker and its shards are. */
    public WorkerHealth health() {
        WorkerCore begun = core;
        return begun == null ? new WorkerHealth(false, false, List.of()) : begun.health();
    }

    /** {@link #close(Duration)} with a deadline of 20 s: less than the 30 s that Kubernetes and most others wait by default. */
    @Override
    public void close() {
        close(DEFAULT_DEADLINE);
    }

    /**
     * Lets every processor finish the batch in hand, saves the checkpoints, gives the shards back, leaves, and waits for
     * all that. What is not done at the deadline is abandoned: others take those shards by force. Returns 5 s after the
     * deadline at the latest, whatever the worker is stuck in, also while it is still starting. Closing again waits for the
     * same end. Do not call this from a processor: it would wait for itself; use {@link #closeAsync}.
     *
     * @param deadline how long to wait at most for processors and checkpoints
     */
    public void close(Duration deadline) {
        closeAsync(deadline).join();
    }

    /**
     * As {@link #close(Duration)} without waiting.
     *
     * @return completes when the worker has ended, with the shards that could not be given back in time
     */
    public CompletableFuture<List<LeaseKey>> closeAsync(Duration deadline) {
        requireNonNull(deadline, "deadline");
        Phase before = phase.getAndSet(Phase.CLOSING);
        if (before == Phase.NEW) {
            started.completeExceptionally(
                    new WorkerException("worker " + name + " was closed before it started", null));
            ended.complete(List.of());
        } else if (before == Phase.STARTED) {
            boundClose(deadline);
            WorkerCore begun = core;
            if (begun != null) {
                CompletableFuture<List<LeaseKey>> unused = begun.close(deadline);
            }
        }
        return ended.copy();
    }

    /** On a loop of its own: the worker's may be what does not answer. */
    private void boundClose(Duration deadline) {
        Duration most = deadline.plus(LAST_SECONDS);
        EventLoop loop = settings.platform().newEventLoop("millrace-close");
        EventLoop.Cancellable unused = loop.schedule(most, () -> {
            if (!ended.isDone()) {
                log.error(
                        "worker {} has not ended within {} s and is given up; others take its shards",
                        name,
                        most.toSeconds());
                WorkerException late =
                        new WorkerException("worker " + name + " was closed before it had started", null);
                started.completeExceptionally(late);
                ended.complete(List.of());
            }
        });
        CompletableFuture<Void> unusedEnd = ended.thenAccept(held -> loop.close());
    }

    private void begin() {
        WorkerClients clients = null;
        try {
            clients = WorkerClients.of(settings);
            begin(clients);
        } catch (Throwable failure) {
            // Also an error: with two versions of the SDK, say, a method is missing.
            startFailed(clients, failure);
        }
    }

    private void begin(WorkerClients clients) {
        KinesisStreams streams = clients.streams();
        StreamNames found = new StreamNames(streams, settings.platform());
        names = found;
        FanOutConsumer consumer = settings.fanOut();
        FanOut pipes =
                consumer == null ? null : new FanOut(consumer, clients.kinesis(), clients.directOrNull(), streams);
        fanOut = pipes;
        CompletableFuture<Void> unused = found.ofAll(settings.streams())
                .thenCompose(known -> pipes == null
                        ? CompletableFuture.completedFuture(known)
                        : pipes.admit(namesOf(known), namesOf(known)).thenApply(admitted -> known))
                .thenAccept(known -> begin(clients, streams, known))
                .exceptionally(failure -> {
                    startFailed(clients, cause(failure));
                    return null;
                });
    }

    private static List<StreamName> namesOf(List<StreamSettings> streams) {
        return streams.stream().map(StreamSettings::name).toList();
    }

    private void begin(WorkerClients clients, KinesisStreams streams, List<StreamSettings> known) {
        FanOut pipes = fanOut;
        WorkerBackend backend = new WorkerBackend(
                DynamoLeaseTable.forWorker(
                        clients.dynamoDb(),
                        settings.table(),
                        settings.application(),
                        settings.timing().failoverTime().dividedBy(5)),
                new KinesisShardDirectory(streams),
                streams,
                pipes == null ? null : pipes.pipes());
        WorkerCore begun = new WorkerCore(settings.withStreams(known), name, backend);
        CompletableFuture<Void> unused = begun.ended().thenAccept(held -> closeClients(clients, held));
        core = begun;
        CompletableFuture<Void> unusedStart = begun.start().whenComplete((nothing, error) -> {
            if (error == null) {
                sayStarted(clients);
                started.complete(null);
            } else {
                started.completeExceptionally(clients.located(error));
            }
        });
        if (phase.get() == Phase.CLOSING) {
            // Closed meanwhile, by someone who found no core to close.
            CompletableFuture<List<LeaseKey>> unusedEnd = begun.close(DEFAULT_DEADLINE);
        }
    }

    private void startFailed(@Nullable WorkerClients clients, Throwable failure) {
        WorkerCore begun = core;
        started.completeExceptionally(clients == null ? failure : clients.located(failure));
        if (begun != null) {
            CompletableFuture<List<LeaseKey>> unused = begun.close(Duration.ZERO);
        } else if (clients != null) {
            closeClients(clients, List.of());
        } else {
            ended.complete(List.of());
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private void sayStarted(WorkerClients clients) {
        log.info(
                "worker {} started: application {}, streams {}, table {}, {}",
                name,
                settings.application(),
                streams(),
                settings.table(),
                clients.places());
    }

    /** On a thread of its own: the clients' threads may be the ones that bring the news of the end. */
    private void closeClients(WorkerClients clients, List<LeaseKey> stillHeld) {
        try (Platform.BlockingTasks thread = settings.platform().newBlockingTasks("millrace-close", 1)) {
            thread.execute(() -> {
                try {
                    clients.close();
                } finally {
                    ended.complete(stillHeld);
                }
            });
        } catch (Throwable noThread) {
            log.warn("worker {} leaves its clients open: no thread closes them", name, noThread);
            ended.complete(stillHeld);
        }
    }

    private WorkerException startFailure(Throwable cause) {
        if (cause instanceof WorkerException known) {
            return new WorkerException(String.valueOf(known.getMessage()), known);
        }
        if (cause instanceof LeaseException known) {
            return new WorkerException(String.valueOf(known.getMessage()), known);
        }
        if (cause instanceof FanOutRefusedException refused) {
            return new WorkerException(String.valueOf(refused.getMessage()), refused);
        }
        if (cause instanceof IllegalArgumentException refused) {
            return new WorkerException(String.valueOf(refused.getMessage()), refused);
        }
        return new WorkerException("worker " + name + " could not start: " + cause, cause);
    }
}
