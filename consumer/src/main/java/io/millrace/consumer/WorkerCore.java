package io.millrace.consumer;

import io.millrace.checkpoint.CheckpointPace;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.health.WorkerHealth;
import io.millrace.consumer.health.WorkerHealth.Stuck;
import io.millrace.consumer.meters.WorkerRegistry;
import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.consumer.shard.ConsumerEnd;
import io.millrace.consumer.shard.ConsumerMeters;
import io.millrace.consumer.shard.ConsumerParts;
import io.millrace.consumer.shard.ShardConsumer;
import io.millrace.consumer.shard.ShardTurns;
import io.millrace.consumer.shard.SupervisedConsumer;
import io.millrace.consumer.shard.ThreadedUserCalls;
import io.millrace.consumer.shard.UserCalls;
import io.millrace.consumer.shard.Watchdog;
import io.millrace.consumer.streams.GuardedStreams;
import io.millrace.consumer.streams.Rehearsal;
import io.millrace.consumer.streams.SharedLists;
import io.millrace.consumer.watch.ErrorTrace;
import io.millrace.consumer.watch.FailureReports;
import io.millrace.consumer.watch.Oversight;
import io.millrace.consumer.watch.ShardTrends;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.pipe.PipeSources;
import io.millrace.fanout.pipe.ShardPipes;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.LeaseStatus;
import io.millrace.lease.coordinator.CloseReport;
import io.millrace.lease.coordinator.LeaseCoordinator;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.FatalErrors;
import io.millrace.runtime.GuardedLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker without its clients and its blocking face: joins lease coordination, and runs one {@link ShardConsumer} for
 * every lease held. An error in a consumer ends that consumer; one in the worker itself, or one that trying again does not
 * mend, ends the worker as if it were closed.
 *
 * <p>Owns one event loop, to which everything mutable in it belongs; {@link #start}, {@link #close} and {@link #health}
 * are safe for any thread.
 */
final class WorkerCore {
    private static final Logger log = LoggerFactory.getLogger(WorkerCore.class);

    /** The most processors that run at once where threads are not virtual; the others queue. */
    private static final int THREAD_BOUND = 64;

    /** How long processors and checkpoints may take when the stream is gone. */
    private static final Duration GONE_DEADLINE = Duration.ofSeconds(30);

    /** How long after leaving to wait for processors that were told of a lost lease. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** How long a processor that threw is left alone, more each time. */
    private static final Backoff RETRY = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(30));

    /** How long a shard waits for its next start here after its consumer broke, more each time. */
    private static final Backoff RESTART = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));

    private final Platform platform;
    private final String name;
    private final EventLoop thread;
    private final EventLoop loop;
    private final Platform.BlockingTasks threads;
    /** For what users do once their checkpoints are saved; {@link #threads} may all be waiting for that. */
    private final Platform.BlockingTasks savers;

    private final UserCalls userCalls;
    private final WorkerRegistry registry;
    private final ConsumerMeters meters;
    private final WorkerNews news;
    private final WorkerTiming timing;
    private final RecordSources sources;
    private final GuardedStreams guarded;
    private final SharedLists lists;
    private final Supplier<? extends AsyncRecordProcessor> processors;
    private final String application;
    private final DeliverySettings delivery;
    private final CheckpointPace pace;
    private final Pauses pauses = new Pauses();
    private final SupervisedConsumer.LoopGuard loopGuard;
    private final Consumers supervisor = new Consumers();
    private final Oversight oversight;
    private final Watchdog watchdog;
    private final ShardTurns turns = new ShardTurns();
    private final LeaseCoordinator coordinator;
    private final WorkerStreams streams;
    private final Rehearsal rehearsal;
    private final IdentityHashMap<HeldLease, SupervisedConsumer> consumers = new IdentityHashMap<>();
    private final Map<LeaseKey, Breaks> breaks = new HashMap<>();
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<List<LeaseKey>> ended = new CompletableFuture<>();
    /** What {@link #consumers} holds, for readers on other threads. */
    private volatile List<SupervisedConsumer> published = List.of();

    private volatile boolean running;
    /** Why the worker ends without being asked to; written once. */
    private volatile @Nullable String failure;

    private List<LeaseKey> stillHeld = List.of();
    private boolean left;

    WorkerCore(WorkerSettings settings, String name, WorkerBackend backend) {
        this(settings, name, backend, GuardedLoop::new);
    }

    /** A worker whose consumers are guarded by {@code loopGuard}. */
    WorkerCore(WorkerSettings settings, String name, WorkerBackend backend, SupervisedConsumer.LoopGuard loopGuard) {
        this.platform = settings.platform();
        this.name = name;
        this.timing = settings.timing();
        this.application = settings.application();
        this.processors = settings.processor();
        this.delivery = settings.delivery();
        this.pace = new CheckpointPace(platform.ticker(), timing.checkpointInterval());
        this.loopGuard = loopGuard;
        this.thread = platform.newEventLoop("millrace-worker");
        this.loop = new GuardedLoop(thread, this::broke);
        this.threads = platform.newBlockingTasks("millrace-processor", THREAD_BOUND);
        this.savers = platform.newBlockingTasks("millrace-checkpoint", THREAD_BOUND / 4);
        this.userCalls = new ThreadedUserCalls(threads, savers, loop);
        this.news = new WorkerNews(name, settings.listener(), loop);
        this.registry = new WorkerRegistry(settings.meterRegistry(), settings.application());
        this.meters = new ConsumerMeters(registry);
        this.guarded = new GuardedStreams(backend.directory(), backend.readers(), loop, this::streamGone);
        this.lists = new SharedLists(guarded, loop);
        ServiceTime time = new ServiceTime(platform.ticker());
        this.oversight = new Oversight(time, new FailureReports(loop, platform.clock()), timing.stuckAfter());
        this.watchdog = new Watchdog(loop, meters, oversight, this::atWork, this::stuck);
        this.sources = sources(settings, backend.pipesOrNull(), time);
        this.coordinator = coordinator(settings, backend);
        this.rehearsal = new Rehearsal(backend.directory(), backend.readers(), platform.random());
        this.streams =
                new WorkerStreams(settings.streams(), loop, guarded, coordinator::changeStreams, this::holdsLeasesOf);
    }

    /** Pipes with polling beneath them, or polling alone. */
    private RecordSources sources(WorkerSettings settings, @Nullable ShardPipes pipesOrNull, ServiceTime time) {
        PollingSources polled = new PollingSources(guarded, settings.polling(), loop, platform, registry, time);
        if (pipesOrNull == null) {
            return polled;
        }
        PipeSources.Ways ways = PipeSources.Ways.of(guarded.pipes(pipesOrNull), polled);
        return new PipeSources(ways, settings.pipes(), loop, platform, registry, time);
    }

    private LeaseCoordinator coordinator(WorkerSettings settings, WorkerBackend backend) {
        try {
            return LeaseCoordinator.create(
                    settings.leases(name), backend.table(), guarded, new Leases(), platform, registry);
        } catch (Throwable noThread) {
            stopThreads();
            throw noThread;
        }
    }

    /** Joins; call once. Fails as {@link LeaseCoordinator#start} does. */
    CompletableFuture<Void> start() {
        streams.names().forEach(stream -> {
            CompletableFuture<Void> unused = rehearsal.read(stream);
        });
        loop.whenComplete(coordinator.start(), (nothing, error) -> {
            if (error != null) {
                String reason = failure;
                streams.close();
                stopThreads();
                started.completeExceptionally(reason == null ? error : new WorkerException(reason, error));
                ended.complete(List.of());
            } else {
                running = true;
                news.tell(new WorkerEvent.Started(now(), name));
                started.complete(null);
            }
        });
        return started;
    }

    /** Leaves as {@link Worker#close(Duration)} says; once it has begun to leave, returns the same future. */
    CompletableFuture<List<LeaseKey>> close(Duration deadline) {
        running = false;
        loop.whenComplete(coordinator.close(deadline), (report, error) -> leave(report));
        return ended;
    }

    /** Reads one more stream, as {@link Worker#addStream(String, Position.Initial)} says. */
    CompletableFuture<Void> addStream(StreamSettings stream) {
        return change(done -> streams.add(stream, done));
    }

    /** Reads a stream no more, as {@link Worker#removeStream} says. */
    CompletableFuture<Void> removeStream(StreamName stream) {
        return change(done -> streams.remove(stream, done));
    }

    /** Pauses what {@code scope} names, or goes on with it. */
    CompletableFuture<Void> pause(PauseScope scope, boolean wanted) {
        return change(done -> {
            pauses.set(scope, wanted);
            consumers.values().forEach(consumer -> consumer.pause(pauses.isPaused(consumer.lease())));
            done.complete(null);
        });
    }

    /** Begins the shards that {@code scope} names anew at their checkpoints. */
    CompletableFuture<Void> restart(PauseScope scope) {
        return change(done -> {
            consumers.values().stream()
                    .filter(consumer -> scope.covers(consumer.lease().key()))
                    .forEach(SupervisedConsumer::restart);
            done.complete(null);
        });
    }

    /** What is read, in the order of the names. */
    SortedSet<StreamName> streams() {
        return streams.names();
    }

    private CompletableFuture<Void> change(Consumer<CompletableFuture<Void>> change) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            loop.execute(() -> change.accept(done));
        } catch (RejectedExecutionException over) {
            done.completeExceptionally(new WorkerException("worker " + name + " is closed; build another one", null));
        }
        return done;
    }

    /** Completes at the worker's end, after a failed start too, with the shards that could not be given back. */
    CompletableFuture<List<LeaseKey>> ended() {
        return ended;
    }

    /** Why the worker ended, or is ending, without being asked to; empty if it was asked, or goes on. */
    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    WorkerHealth health() {
        List<WorkerHealth.ShardHealth> shards =
                published.stream().map(SupervisedConsumer::health).toList();
        return new WorkerHealth(running, coordinator.isMember(), shards);
    }

    /** Goes on without the stream: what was processed is checkpointed, and its leases are given back. */
    private void streamGone(StreamName stream, String reason) {
        if (failure == null && !left && streams.reads(stream)) {
            news.tell(new WorkerEvent.StreamGone(now(), stream, reason));
            streams.gone(
                    stream,
                    () -> log.warn("worker {} goes on with its other streams: {}", name, reason),
                    () -> endBecause(reason));
        }
    }

    /** Ends as if closed. */
    private void endBecause(String reason) {
        if (failure == null && !left) {
            failure = reason;
            log.info("worker {} ends: {}", name, reason);
            CompletableFuture<List<LeaseKey>> unused = close(GONE_DEADLINE);
        }
    }

    /** True while the worker has leases of {@code stream}, whatever their processors are about. */
    private boolean holdsLeasesOf(StreamName stream) {
        return consumers.values().stream()
                .anyMatch(consumer -> consumer.lease().key().stream().equals(stream) && !consumer.hasLost());
    }

    private void leave(@Nullable CloseReport report) {
        if (left) {
            return;
        }
        left = true;
        if (report != null) {
            stillHeld = List.copyOf(report.abandoned());
        }
        if (consumers.isEmpty()) {
            end();
        } else {
            loop.schedule(GRACE, this::end);
        }
    }

    private void end() {
        if (ended.isDone()) {
            return;
        }
        try {
            if (!consumers.isEmpty()) {
                log.warn("worker {} ends although processors are still busy with {}", name, busy());
            }
            news.sumUp();
            news.tell(new WorkerEvent.Stopped(now(), name, stillHeld, failure));
            streams.close();
            stopThreads();
        } finally {
            // The outcome of a start that was under way cannot come home any more: the loop is closed.
            started.completeExceptionally(
                    new WorkerException("worker " + name + " was closed before it had started", null));
            ended.complete(stillHeld);
        }
    }

    private List<LeaseKey> busy() {
        return consumers.keySet().stream().map(HeldLease::key).sorted().toList();
    }

    private void stopThreads() {
        threads.close();
        savers.close();
        thread.close();
        registry.close();
    }

    private void take(HeldLease lease) {
        if (!streams.reads(lease.key().stream())) {
            log.debug("{} comes too late: its stream is not read any more", lease.key());
            CompletableFuture<CheckpointOutcome> unused = lease.release(lease.checkpoint());
            return;
        }
        SupervisedConsumer consumer = new SupervisedConsumer(lease, loop, userCalls, supervisor, loopGuard);
        consumer.pause(pauses.isPaused(lease));
        consumers.put(lease, consumer);
        publish();
        news.taken(
                new WorkerEvent.LeaseTaken(
                        now(), lease.key().stream(), lease.key().shard(), lease.epoch()),
                lease.checkpoint());
        Breaks before = breaks.get(lease.key());
        if (before == null) {
            consumer.start(Duration.ZERO, null);
        } else {
            consumer.start(RESTART.delay(before.count, platform.random()), before.failure);
        }
    }

    private void over(SupervisedConsumer consumer, ConsumerEnd end) {
        HeldLease lease = consumer.lease();
        consumers.remove(lease);
        publish();
        StreamName stream = lease.key().stream();
        ShardId shard = lease.key().shard();
        if (end instanceof ConsumerEnd.Ended ended) {
            breaks.remove(lease.key());
            List<ShardId> children =
                    ended.children().stream().map(ChildShard::id).toList();
            news.ended(new WorkerEvent.ShardEnded(now(), stream, shard, lease.epoch(), children));
        } else if (end instanceof ConsumerEnd.Lost lost) {
            news.gone(new WorkerEvent.LeaseLost(now(), stream, shard, lease.epoch(), false, lost.reason()));
        } else if (end instanceof ConsumerEnd.Broken broken) {
            news.gone(new WorkerEvent.LeaseLost(
                    now(), stream, shard, lease.epoch(), broken.released(), "its consumer broke"));
        } else {
            news.gone(new WorkerEvent.LeaseLost(now(), stream, shard, lease.epoch(), true, "released"));
        }
        streams.leasesChanged();
        if (left && consumers.isEmpty()) {
            end();
        }
    }

    /** A consumer broke: it gives its lease back by itself, and the next one here starts after a pause. */
    private void consumerBroke(SupervisedConsumer consumer, Throwable error) {
        HeldLease lease = consumer.lease();
        LeaseKey key = lease.key();
        String reason = "an error in the worker ended its consumer: " + ErrorTrace.of(error);
        Breaks before = breaks.get(key);
        int times = before == null || hasWorkedWell(before) ? 1 : before.count + 1;
        Breaks next =
                new Breaks(times, platform.ticker().nanoTime(), new WorkerHealth.Failing(now(), reason, times, null));
        breaks.put(key, next);
        log.error(
                "{}, epoch {}: an error in the worker ended its consumer (failures in a row: {}); the lease is given back"
                        + " at what is processed, and the shard is begun again",
                key,
                lease.epoch(),
                next.count,
                error);
        consumer.show(next.failure);
        meters.consumerBroke(key.stream());
        news.tell(new WorkerEvent.ConsumerFailed(now(), key.stream(), key.shard(), lease.epoch(), reason));
        if (FatalErrors.isFatal(error)) {
            endBecause("worker " + name + " stops after an error that trying again does not mend: " + error);
        }
        platform.contained(error);
    }

    private boolean hasWorkedWell(Breaks before) {
        return platform.ticker().since(before.at).compareTo(RESTART.most().multipliedBy(5)) > 0;
    }

    /** A task of the worker itself threw, and which of its parts still work is not known: the worker ends. */
    private void broke(Throwable error) {
        log.error("An error in worker {} itself; it gives its shards back and stops", name, error);
        endBecause("worker " + name + " stopped after an error in itself: " + error);
        started.completeExceptionally(new WorkerException(String.valueOf(failure), error));
        platform.contained(error);
    }

    /**
     * That a shard's consumers broke here.
     *
     * @param count how often in a row
     * @param at when the last one did, in ticks
     * @param failure what to show until the next one works
     */
    private record Breaks(int count, long at, WorkerHealth.Failing failure) {}

    /** Looks after the consumers. */
    private final class Consumers implements SupervisedConsumer.Supervisor {
        @Override
        public ConsumerParts parts(SupervisedConsumer consumer) {
            watchdog.watch();
            return new ConsumerParts(
                    application,
                    consumer.loop(),
                    platform,
                    sources.on(consumer.loop()),
                    lists,
                    consumer,
                    processors,
                    delivery,
                    pace,
                    RETRY,
                    meters,
                    oversight,
                    turns,
                    consumer);
        }

        @Override
        public void broke(SupervisedConsumer consumer, Throwable error) {
            consumerBroke(consumer, error);
        }

        @Override
        public void over(SupervisedConsumer consumer, ConsumerEnd end) {
            WorkerCore.this.over(consumer, end);
        }

        @Override
        public void stopWorker(String reason) {
            endBecause(reason);
        }

        @Override
        public void recordsExpired(LeaseKey shard, @Nullable Instant from, @Nullable Instant until) {
            meters.recordsExpired(shard.stream());
            news.tell(new WorkerEvent.RecordsExpired(now(), shard.stream(), shard.shard(), from, until));
        }
    }

    private void stuck(HeldLease lease, Stuck stuck) {
        news.tell(new WorkerEvent.ShardStuck(
                now(),
                lease.key().stream(),
                lease.key().shard(),
                lease.epoch(),
                stuck.waitsFor(),
                stuck.since(),
                stuck.stack()));
    }

    /** The consumers that work now. */
    private Collection<ShardConsumer> atWork() {
        return consumers.values().stream()
                .flatMap(consumer -> consumer.atWork().stream())
                .toList();
    }

    private void publish() {
        published = List.copyOf(consumers.values());
    }

    private Instant now() {
        return platform.clock().instant();
    }

    /** Brings what the coordinator says over to this worker's loop. */
    private final class Leases implements LeaseListener {
        private final ShardTrends trends = new ShardTrends(platform.ticker());

        @Override
        public void shardExpired(LeaseKey shard, String reason) {
            send(() -> {
                log.warn("{}: {}", shard, reason);
                supervisor.recordsExpired(shard, null, null);
            });
        }

        @Override
        public void leaseTaken(HeldLease lease) {
            send(() -> take(lease));
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {
            sendTo(lease, consumer -> consumer.drain(within));
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            sendTo(lease, consumer -> {
                consumer.lost(reason);
                streams.leasesChanged();
            });
        }

        @Override
        public void leasePaused(HeldLease lease) {
            sendTo(lease, consumer -> consumer.pause(pauses.isPaused(lease)));
        }

        @Override
        public void leaseResumed(HeldLease lease) {
            sendTo(lease, consumer -> consumer.pause(pauses.isPaused(lease)));
        }

        @Override
        public void tableLost(String reason) {
            send(() -> endBecause(reason));
        }

        @Override
        public Optional<List<LeaseStatus>> statuses() {
            return Optional.of(trends.look(health().shards()));
        }

        @Override
        public void ping(Runnable answer) {
            send(answer);
        }

        @Override
        public void failed(String reason) {
            send(() -> endBecause(reason));
        }

        private void sendTo(HeldLease lease, Consumer<SupervisedConsumer> message) {
            send(() -> {
                SupervisedConsumer consumer = consumers.get(lease);
                if (consumer != null) {
                    message.accept(consumer);
                }
            });
        }

        private void send(Runnable message) {
            try {
                loop.execute(message);
            } catch (RejectedExecutionException over) {
                log.debug("worker {} is over already", name);
            }
        }
    }
}
