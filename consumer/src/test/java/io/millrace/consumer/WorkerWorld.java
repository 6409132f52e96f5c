package io.millrace.consumer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.consumer.delivery.Batching;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.shard.BlockingProcessor;
import io.millrace.consumer.shard.SupervisedConsumer;
import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.ShardReaders;
import io.millrace.fanout.pipe.InMemoryPipes;
import io.millrace.fanout.pipe.ShardPipes;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LostTable;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.StreamNotFoundException;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.Bytes;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.GuardedLoop;
import io.millrace.runtime.Platform;
import io.millrace.sim.Simulation;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Streams, a table, and whole workers that share them, in virtual time. The payload of each record is its stream's name
 * and a number.
 */
final class WorkerWorld implements ShardDirectory {
    static final StreamName ORDERS = new StreamName("orders");
    static final StreamName CLICKS = new StreamName("clicks");

    final Simulation sim;
    final Map<StreamName, InMemoryStream> streams = new TreeMap<>();
    final Map<StreamName, Instant> created = new HashMap<>();
    private final Map<StreamName, InMemoryPipes> pipes = new HashMap<>();
    final InMemoryLeaseTable table = new InMemoryLeaseTable();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final List<WorkerCore> cores = new ArrayList<>();
    final List<CompletableFuture<List<LeaseKey>>> closed = new ArrayList<>();
    final List<WorkerEvent> events = new ArrayList<>();
    final List<StreamRecord> put = new ArrayList<>();
    final Set<StreamRecord> processed = new HashSet<>();
    private final Map<String, List<StreamRecord>> byKey = new HashMap<>();
    final ShardReaders readers;
    int duplicates;
    int throwsLeft;
    /** Processors of these shards throw. */
    final Set<ShardId> stuck = new HashSet<>();

    /** Workers that are made from now on read by pipes. */
    boolean isFanOut;
    /** Of pipes that are made from now on; see {@link InMemoryPipes}. */
    int pipeFaultPercent;

    boolean tableIsSilent;
    /** Sees each batch before it is processed, and may throw. */
    Consumer<RecordBatch> observer = batch -> {};

    int maxRecordsPerBatch = 50;
    int maxLeases = Integer.MAX_VALUE;
    WorkerListener listener = events::add;
    MeterRegistry registry = meters;
    SupervisedConsumer.LoopGuard loopGuard = GuardedLoop::new;
    Platform platform;
    UnaryOperator<WorkerBackend> services = UnaryOperator.identity();
    LostTable onLostTable = LostTable.STOP;
    /** By how much the wall clocks of workers are wrong that are made from now on. */
    Duration skew = Duration.ZERO;

    Position.Initial from = Position.trimHorizon();

    /** A world with the stream {@link #ORDERS}, in which one read in twenty fails. */
    WorkerWorld(long seed, int shards) {
        this(seed, shards, 5);
    }

    WorkerWorld(long seed, int shards, int failPercent) {
        sim = new Simulation(seed);
        platform = sim;
        create(ORDERS, shards);
        readers = new SlowReaders((stream, shard) -> stream(stream).reader(stream, shard), sim, failPercent);
    }

    void create(StreamName name, int shards) {
        streams.put(name, new InMemoryStream(name, shards, sim.clock()));
        pipes.remove(name);
        created.put(name, sim.clock().instant());
    }

    /** Takes a stream away, records and all. */
    void delete(StreamName name) {
        created.remove(name);
        pipes(name).delete();
    }

    InMemoryStream stream() {
        return stream(ORDERS);
    }

    InMemoryStream stream(StreamName name) {
        return requireNonNull(streams.get(name));
    }

    /** Starts a worker of these streams, or of {@link #ORDERS} if none is named. */
    WorkerCore start(String name, StreamName... read) {
        WorkerCore core = core(name, read);
        CompletableFuture<Void> unused = core.start();
        cores.add(core);
        return core;
    }

    WorkerCore core(String name, StreamName... read) {
        List<StreamSettings> settings = Arrays.stream(read.length == 0 ? new StreamName[] {ORDERS} : read)
                .map(stream -> new StreamSettings(stream, from))
                .toList();
        WorkerBackend backend =
                services.apply(new WorkerBackend(silentAtTimes(), this, readers, isFanOut ? subscriptions() : null));
        return new WorkerCore(settings(name, settings), name, backend, loopGuard);
    }

    private ShardPipes subscriptions() {
        return (stream, shard, from, listener) -> pipes(stream).subscribe(stream, shard, from, listener);
    }

    /** The pipes of a stream, which all workers share. */
    InMemoryPipes pipes(StreamName stream) {
        return pipes.computeIfAbsent(stream, name -> new InMemoryPipes(stream(name), sim, pipeFaultPercent));
    }

    /** The same services with other readers. */
    static WorkerBackend withReaders(WorkerBackend services, ShardReaders readers) {
        return new WorkerBackend(services.table(), services.directory(), readers, services.pipesOrNull());
    }

    /** The table, of which no call comes back while {@link #tableIsSilent}. */
    private LeaseTable silentAtTimes() {
        return (LeaseTable) Proxy.newProxyInstance(
                LeaseTable.class.getClassLoader(),
                new Class<?>[] {LeaseTable.class},
                (proxy, method, arguments) ->
                        tableIsSilent ? new CompletableFuture<>() : method.invoke(table, arguments));
    }

    private WorkerSettings settings(String name, List<StreamSettings> read) {
        return new WorkerSettings(
                "app",
                read,
                () -> new BlockingProcessor(this::process),
                name,
                from,
                "millrace",
                WorkerTiming.DEFAULT,
                DeliverySettings.DEFAULT.withBatching(Batching.DEFAULT.withRecords(maxRecordsPerBatch)),
                Aggregates.SPLIT,
                maxLeases,
                onLostTable,
                null,
                null,
                null,
                null,
                registry,
                new SkewedPlatform(platform, skew),
                listener);
    }

    void putSpread(int records, Duration time) {
        putSpread(ORDERS, records, time);
    }

    /** Puts records at random moments from now until {@code time} later. */
    void putSpread(StreamName stream, int records, Duration time) {
        for (int i = 0; i < records; i++) {
            String key = stream + "-" + i % 23;
            Bytes data = Bytes.utf8(stream + " " + i);
            sim.at(
                    Duration.ofNanos(sim.random().nextLong(time.toNanos())),
                    () -> put.add(stream(stream).put(key, data)));
        }
    }

    /** Puts records now and waits until all that was ever put is processed. */
    void putAndAwait(StreamName stream, int records) {
        putAndAwait(stream, records, 0);
    }

    /** The same where {@code lost} of those before will never be processed. */
    void putAndAwait(StreamName stream, int records, int lost) {
        int before = put.size();
        putSpread(stream, records, Duration.ofSeconds(1));
        sim.runUntil(
                () -> put.size() == before + records && processed.size() == put.size() - lost, Duration.ofMinutes(3));
    }

    /** Closes a worker and waits for its end. */
    void stop(WorkerCore core) {
        CompletableFuture<List<LeaseKey>> end = core.close(Duration.ofSeconds(30));
        sim.runUntil(end::isDone, Duration.ofMinutes(1));
    }

    /** The shards of {@code stream} that {@code core} is at. */
    static long shards(WorkerCore core, StreamName stream) {
        return core.health().shards().stream()
                .filter(shard -> shard.stream().equals(stream))
                .count();
    }

    private void process(RecordBatch batch) {
        if (throwsLeft > 0) {
            throwsLeft--;
            throw new IllegalStateException("secret");
        }
        if (stuck.contains(batch.shard().shard())) {
            throw new IllegalStateException("stuck");
        }
        observer.accept(batch);
        for (StreamRecord record : batch.records()) {
            assertThat(record.data().toUtf8()).startsWith(batch.shard().stream().value());
            if (processed.add(record)) {
                byKey.computeIfAbsent(record.partitionKey(), key -> new ArrayList<>())
                        .add(record);
            } else {
                duplicates++;
            }
        }
    }

    void checkOrderPerKey() {
        Map<String, List<StreamRecord>> expected = new HashMap<>();
        put.forEach(record -> expected.computeIfAbsent(record.partitionKey(), key -> new ArrayList<>())
                .add(record));
        assertThat(byKey).as("seed " + sim.seed()).isEqualTo(expected);
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName name) {
        Instant since = created.get(name);
        return since == null
                ? CompletableFuture.failedFuture(new StreamNotFoundException(name))
                : CompletableFuture.completedFuture(new StreamIdentity("arn:" + name, since));
    }

    @Override
    public CompletableFuture<Instant> serviceTime(StreamName name) {
        return identify(name).thenApply(found -> sim.clock().instant());
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName name) {
        return created.containsKey(name)
                ? CompletableFuture.completedFuture(stream(name).shards())
                : CompletableFuture.failedFuture(new StreamNotFoundException(name));
    }
}
