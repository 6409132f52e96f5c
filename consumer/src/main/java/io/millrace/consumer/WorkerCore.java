package io.millrace.consumer;

import io.millrace.consumer.streams.GuardedStreams;
import io.millrace.consumer.streams.Rehearsal;
import io.millrace.fanout.PollingSettings;
import io.millrace.fanout.PollingSources;
import io.millrace.lease.CheckpointOutcome;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.coordinator.CloseReport;
import io.millrace.lease.coordinator.LeaseCoordinator;
import io.millrace.lease.coordinator.LeaseSettings;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker without its clients and its blocking face: joins lease coordination, and runs one {@link ShardConsumer} for
 * every lease held.
 *
 * <p>Owns one event loop, to which everything mutable in it belongs; {@link #start}, {@link #close} and {@link #health}
 * are safe for any thread.
 */
final class WorkerCore {
    private static final Logger log = LoggerFactory.getLogger(WorkerCore.class);

    /** The most processors that run at once where threads are not virtual; the others queue. */
    private static final int THREAD_BOUND = 256;

    /** How long processors and checkpoints may take when the stream is gone. */
    private static final Duration GONE_DEADLINE = Duration.ofSeconds(30);

    /** How long after leaving to wait for processors that were told of a lost lease. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final WorkerListener listener;
    private final Platform platform;
    private final String name;
    private final EventLoop loop;
    private final Platform.BlockingTasks threads;
    private final ConsumerMeters meters;
    private final ConsumerParts parts;
    private final LeaseCoordinator coordinator;
    private final WorkerStreams streams;
    private final Rehearsal rehearsal;
    private final IdentityHashMap<HeldLease, ShardConsumer> consumers = new IdentityHashMap<>();
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<List<LeaseKey>> ended = new CompletableFuture<>();
    /** What {@link #consumers} holds, for readers on other threads. */
    private volatile List<ShardConsumer> published = List.of();

    private volatile boolean running;
    /** Why the worker ends without being asked to; written once. */
    private volatile @Nullable String failure;

    private List<LeaseKey> stillHeld = List.of();
    private boolean left;

    WorkerCore(WorkerSettings settings, String name, WorkerBackend backend) {
        this.listener = settings.listener();
        this.platform = settings.platform();
        this.name = name;
        this.loop = platform.newEventLoop("millrace-worker");
        this.threads = platform.newBlockingTasks("millrace-processor", THREAD_BOUND);
        PollingSettings polling = PollingSettings.DEFAULT
                .withIdleTime(settings.timing().idleTimeBetweenReads())
                .withMaxRecordsPerBatch(settings.maxRecordsPerBatch());
        GuardedStreams guarded = new GuardedStreams(backend.directory(), backend.readers(), loop, this::streamGone);
        this.meters = new ConsumerMeters(settings.meterRegistry());
        this.parts = new ConsumerParts(
                loop,
                platform,
                new PollingSources(guarded, polling, loop, platform, settings.meterRegistry()),
                guarded,
                new ThreadedUserCalls(threads, loop),
                settings.processor(),
                settings.timing().checkpointInterval(),
                new Backoff(Duration.ofMillis(100), Duration.ofSeconds(30)),
                meters,
                new Consumers());
        this.coordinator = LeaseCoordinator.create(
                leaseSettings(settings), backend.table(), guarded, new Leases(), platform, settings.meterRegistry());
        this.rehearsal = new Rehearsal(backend.directory(), backend.readers(), platform.random());
        this.streams =
                new WorkerStreams(settings.streams(), loop, guarded, coordinator::changeStreams, this::holdsLeasesOf);
    }

    private LeaseSettings leaseSettings(WorkerSettings settings) {
        LeaseSettings.Builder builder = LeaseSettings.builder()
                .workerName(name)
                .failoverTime(settings.timing().failoverTime())
                .maxLeases(settings.maxLeases())
                .host(HostName.get());
        settings.streams().forEach(stream -> builder.stream(stream.name(), stream.initialPosition()));
        return builder.build();
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
                tell(new WorkerEvent.Started(now(), name));
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
        return new WorkerHealth(
                running,
                published.stream()
                        .map(ShardConsumer::health)
                        .sorted(Comparator.comparing(WorkerHealth.ShardHealth::stream)
                                .thenComparing(WorkerHealth.ShardHealth::shard))
                        .toList());
    }

    /** Goes on without the stream: what was processed is checkpointed, and its leases are given back. */
    private void streamGone(StreamName stream, String reason) {
        if (failure == null && !left && streams.reads(stream)) {
            tell(new WorkerEvent.StreamGone(now(), stream, reason));
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
        if (!consumers.isEmpty()) {
            log.warn("worker {} ends although processors are still busy with {}", name, busy());
        }
        tell(new WorkerEvent.Stopped(now(), name, stillHeld, failure));
        streams.close();
        stopThreads();
        ended.complete(stillHeld);
    }

    private List<LeaseKey> busy() {
        return consumers.keySet().stream().map(HeldLease::key).sorted().toList();
    }

    private void stopThreads() {
        threads.close();
        loop.close();
    }

    private void take(HeldLease lease) {
        if (!streams.reads(lease.key().stream())) {
            log.debug("{} comes too late: its stream is not read any more", lease.key());
            CompletableFuture<CheckpointOutcome> unused = lease.release(lease.checkpoint());
            return;
        }
        ShardConsumer consumer = new ShardConsumer(lease, parts);
        consumers.put(lease, consumer);
        publish();
        tell(new WorkerEvent.LeaseTaken(now(), lease.key().stream(), lease.key().shard(), lease.epoch()));
        consumer.start();
    }

    private void over(ShardConsumer consumer, ConsumerEnd end) {
        HeldLease lease = consumer.lease();
        consumers.remove(lease);
        publish();
        StreamName stream = lease.key().stream();
        ShardId shard = lease.key().shard();
        if (end instanceof ConsumerEnd.Ended ended) {
            List<ShardId> children =
                    ended.children().stream().map(ChildShard::id).toList();
            tell(new WorkerEvent.ShardEnded(now(), stream, shard, lease.epoch(), children));
        } else if (end instanceof ConsumerEnd.Lost lost) {
            tell(new WorkerEvent.LeaseLost(now(), stream, shard, lease.epoch(), false, lost.reason()));
        } else {
            tell(new WorkerEvent.LeaseLost(now(), stream, shard, lease.epoch(), true, "released"));
        }
        streams.leasesChanged();
        if (left && consumers.isEmpty()) {
            end();
        }
    }

    /** Hears from the consumers. */
    private final class Consumers implements ConsumerParts.Owner {
        @Override
        public void over(ShardConsumer consumer, ConsumerEnd end) {
            WorkerCore.this.over(consumer, end);
        }

        @Override
        public void recordsExpired(LeaseKey shard, @Nullable Instant from, @Nullable Instant until) {
            meters.recordsExpired(shard.stream());
            tell(new WorkerEvent.RecordsExpired(now(), shard.stream(), shard.shard(), from, until));
        }
    }

    private void publish() {
        published = List.copyOf(consumers.values());
    }

    private Instant now() {
        return platform.clock().instant();
    }

    private void tell(WorkerEvent event) {
        try {
            listener.onEvent(event);
        } catch (RuntimeException thrown) {
            log.warn("the worker's listener threw at {}; the worker goes on", event, thrown);
        }
    }

    /** Brings what the coordinator says over to this worker's loop. */
    private final class Leases implements LeaseListener {
        @Override
        public void leaseTaken(HeldLease lease) {
            loop.execute(() -> take(lease));
        }

        @Override
        public void leaseAskedFor(HeldLease lease, Duration within) {
            loop.execute(() -> {
                ShardConsumer consumer = consumers.get(lease);
                if (consumer != null) {
                    consumer.drain(within);
                }
            });
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            loop.execute(() -> {
                ShardConsumer consumer = consumers.get(lease);
                if (consumer != null) {
                    consumer.lost(reason);
                    streams.leasesChanged();
                }
            });
        }
    }
}
