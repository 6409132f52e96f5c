package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.SlowReaders;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.fanout.InMemoryStream;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.decide.ShardSync;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A stream that keeps records for a day, and an application that is away or fails for up to two days at a time, while
 * records come and shards split and merge. In the end every record is processed, or was told as expired. Not told is what
 * an open shard lost of which nothing at all is kept when reading goes on: it looks as one to which nothing came.
 */
final class RetentionWorld implements ShardDirectory, ConsumerParts.Owner {
    private static final StreamName STREAM = new StreamName("orders");
    private static final StreamIdentity IDENTITY = new StreamIdentity("arn", Instant.EPOCH);
    private static final Duration RETENTION = Duration.ofHours(24);
    private static final int MOST_SHARDS = 12;

    private final Simulation sim;
    private final ConsumerMutation mutation;
    private final EventLoop loop;
    private final InMemoryStream stream;
    private final FakeLeases leases;
    private final ConsumerParts parts;
    private final List<ShardConsumer> consumers = new ArrayList<>();
    private final Map<ShardId, List<StreamRecord>> put = new HashMap<>();
    private final Queue<StreamRecord> unread = new ArrayDeque<>();
    private final Set<StreamRecord> processed = new HashSet<>();
    private final Set<StreamRecord> untellable = new HashSet<>();
    private final Set<ShardId> toldUnread = new HashSet<>();
    private final List<Expired> told = new ArrayList<>();
    private StreamRow row = new StreamRow(STREAM, 1, IDENTITY, Position.trimHorizon(), false);
    /** Made once: days of retries would spend half of the run on its stack. */
    private final IllegalStateException thrown = new IllegalStateException("thrown on purpose");

    private Instant horizon = Instant.MIN;
    private boolean away;
    private boolean failing;
    private int texts;

    /** What was told in one ownership of a shard. */
    private record Expired(
            ShardId shard,
            long epoch,
            @Nullable Instant from,
            @Nullable Instant until) {
        boolean covers(StreamRecord record) {
            return (from == null || !record.arrival().isBefore(from))
                    && (until == null || record.arrival().isBefore(until));
        }
    }

    RetentionWorld(long seed, ConsumerMutation mutation) {
        this.sim = new Simulation(seed);
        this.mutation = mutation;
        this.loop = sim.newEventLoop("worker");
        this.stream = new InMemoryStream(STREAM, 2, sim.clock());
        this.leases = new FakeLeases(sim, STREAM);
        leases.epochsOfShards = true;
        TestParts common = new TestParts(sim, loop).retryingWithin(Duration.ofMinutes(20));
        PollingSettings polling = PollingSettings.DEFAULT
                .withIdleTime(Duration.ofMinutes(5))
                .withMaxRecordsPerBatch(5)
                .withReadAhead(4_000, 40_000);
        SlowReaders readers = new SlowReaders(stream, sim, 5);
        this.parts = common.of(
                this,
                mutation.sources(new PollingSources(readers, polling, loop, sim, common.meters, common.time)),
                new SlowUserCalls(sim, loop, 400),
                () -> new BlockingProcessor(this::process),
                DeliverySettings.DEFAULT);
    }

    void run() {
        putSome(30, Duration.ofSeconds(5));
        loop.execute(this::direct);
        sim.at(Duration.ofSeconds(50), this::trimAlways);
        sim.run(Duration.ofMinutes(20));
        for (int i = 0; i < 5; i++) {
            if (sim.random().nextBoolean()) {
                beAway();
            } else {
                fail();
            }
            sim.run(Duration.ofMinutes(1 + sim.random().nextInt(20)));
        }
        sim.runUntil(this::isReadOut, Duration.ofHours(20));
        check();
    }

    private void beAway() {
        away = true;
        List.copyOf(consumers).forEach(this::letGo);
        sim.run(Duration.ofMinutes(1));
        passTime();
        away = false;
        loop.execute(this::direct);
    }

    /** Gives back, or crashes. */
    private void letGo(ShardConsumer consumer) {
        if (sim.random().nextBoolean()) {
            loop.execute(() -> consumer.drain(Duration.ofSeconds(8)));
        } else {
            FakeLeases.Fake lease = (FakeLeases.Fake) consumer.lease();
            lease.valid = false;
            lease.row.epoch++;
            lease.row.holder = null;
            loop.execute(() -> consumer.lost("crashed"));
        }
    }

    private void fail() {
        failing = true;
        passTime();
        failing = false;
    }

    /** Up to two days with records and reshards in them, and records near their end. */
    private void passTime() {
        Duration time = Duration.ofMinutes(10 + sim.random().nextInt(45 * 60));
        putSome(sim.random().nextInt(60), time);
        for (int i = sim.random().nextInt(3); i > 0; i--) {
            sim.at(Duration.ofNanos(sim.random().nextLong(time.toNanos())), this::reshard);
        }
        sim.run(time);
        putSome(20, Duration.ofSeconds(1));
        sim.run(Duration.ofSeconds(2));
        trim();
        noteUntellable();
    }

    private void reshard() {
        List<Shard> open = stream.shards().stream().filter(Shard::isOpen).toList();
        Shard one = open.get(sim.random().nextInt(open.size()));
        Shard next = open.stream()
                .filter(other -> one.hashKeyRange().isJustBelow(other.hashKeyRange()))
                .findFirst()
                .orElse(null);
        if (next != null && sim.random().nextInt(3) == 0) {
            stream.merge(one.id(), next.id());
        } else if (open.size() < MOST_SHARDS) {
            stream.split(one.id());
        }
    }

    private void putSome(int records, Duration within) {
        for (int i = 0; i < records; i++) {
            String key = "key-" + sim.random().nextInt(200);
            Bytes data = Bytes.utf8("text " + texts++);
            sim.at(Duration.ofNanos(sim.random().nextLong(within.toNanos())), () -> {
                StreamRecord record = stream.put(key, data);
                put.computeIfAbsent(shardOf(record), shard -> new ArrayList<>()).add(record);
                unread.add(record);
            });
        }
    }

    private static ShardId shardOf(StreamRecord record) {
        return ShardId.of(record.sequenceNumber().parts().shardIndex());
    }

    private void trimAlways() {
        trim();
        sim.at(Duration.ofSeconds(50), this::trimAlways);
    }

    private void trim() {
        horizon = sim.clock().instant().minus(RETENTION);
        stream.trim(horizon);
    }

    private void noteUntellable() {
        for (Shard shard : stream.shards()) {
            List<StreamRecord> all = put.getOrDefault(shard.id(), List.of());
            if (shard.isOpen() && all.stream().noneMatch(this::isKept)) {
                untellable.addAll(all);
            }
        }
    }

    private boolean isKept(StreamRecord record) {
        return !record.arrival().isBefore(horizon);
    }

    /** Makes leases as the leader does, and gives every shard that is free and ready a consumer. */
    private void direct() {
        if (away) {
            return;
        }
        List<LeaseRow> rows = rows();
        List<LeaseRow> changes = ShardSync.changes(row, stream.shards(), rows);
        Map<ShardId, NavigableSet<ShardId>> unread = ShardSync.unread(row, stream.shards(), rows, List.of(), changes);
        for (LeaseRow change : changes) {
            FakeLeases.Row made = leases.row(change.key().shard());
            made.parents = change.lineage().parents();
            if (mutation.tellsUnreadParents()) {
                requireNonNull(unread.get(change.key().shard())).stream()
                        .filter(toldUnread::add)
                        .forEach(shard -> told.add(new Expired(shard, 0, null, null)));
            }
        }
        row = row.afterSync();
        for (FakeLeases.Row lease : List.copyOf(leases.rows.values())) {
            boolean ready = lease.parents.stream()
                    .allMatch(parent -> leases.row(parent).checkpoint.isShardEnd());
            boolean begun = lease.checkpoint.isAfter(Checkpoint.notStarted(Position.trimHorizon()));
            if ((ready || begun) && lease.holder == null && !lease.checkpoint.isShardEnd()) {
                ShardConsumer consumer = new ShardConsumer(leases.take(lease.shard), parts);
                consumers.add(consumer);
                consumer.start();
            }
        }
        loop.schedule(Duration.ofSeconds(30), this::direct);
    }

    private List<LeaseRow> rows() {
        return leases.rows.values().stream()
                .map(lease -> new LeaseRow(
                        new LeaseKey(STREAM, lease.shard),
                        1,
                        lease.epoch,
                        null,
                        lease.checkpoint,
                        new Lineage(lease.parents, List.of(), HashKeyRange.ALL),
                        LeaseRow.UNKNOWN_LOAD))
                .toList();
    }

    private void process(RecordBatch batch) {
        if (failing || sim.random().nextInt(10) == 0) {
            throw thrown;
        }
        processed.addAll(batch.records());
    }

    private boolean isReadOut() {
        // A record that is processed or gone stays so. The world asks this after every event.
        while (!unread.isEmpty() && (processed.contains(unread.element()) || !isKept(unread.element()))) {
            unread.remove();
        }
        return unread.isEmpty()
                && leases.rows.values().stream().allMatch(lease -> lease.checkpoint.isShardEnd() || isOpen(lease.shard))
                && stream.shards().stream().allMatch(shard -> leases.rows.containsKey(shard.id()));
    }

    private boolean isOpen(ShardId id) {
        return stream.shards().stream().anyMatch(shard -> shard.id().equals(id) && shard.isOpen());
    }

    private void check() {
        put.forEach((shard, records) -> records.stream()
                .filter(record -> !processed.contains(record) && !untellable.contains(record))
                .forEach(record -> {
                    if (told.stream().noneMatch(loss -> loss.shard.equals(shard) && loss.covers(record))) {
                        throw new AssertionError("seed " + sim.seed() + ": a record of " + shard + " that arrived at "
                                + record.arrival() + " is lost without a word");
                    }
                }));
        if (told.size() != Set.copyOf(told).size()) {
            throw new AssertionError("seed " + sim.seed() + ": an ownership told a loss twice: " + told);
        }
    }

    @Override
    public void over(ShardConsumer consumer, ConsumerEnd end) {
        consumers.remove(consumer);
        if (end instanceof ConsumerEnd.Ended ended) {
            for (ChildShard child : ended.children()) {
                if (!leases.rows.containsKey(child.id())) {
                    leases.row(child.id()).parents = mutation.knowsParents() ? child.parents() : List.of();
                }
            }
        }
    }

    @Override
    public void recordsExpired(LeaseKey shard, @Nullable Instant from, @Nullable Instant until) {
        told.add(new Expired(shard.shard(), leases.row(shard.shard()).epoch, from, until));
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName name) {
        return CompletableFuture.completedFuture(IDENTITY);
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName name) {
        return CompletableFuture.completedFuture(stream.shards());
    }
}
