package io.millrace.consumer.shard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fanout.InMemoryStream;
import io.millrace.lease.ShardDirectory;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A stream in a simulation and the consumers of one worker, whose leases move, by plan and by force. After every event the
 * checkpoints cover only what the world says that they may. One thread.
 */
abstract class ConsumerWorld implements ShardDirectory, ConsumerParts.Owner {
    static final StreamName STREAM = new StreamName("orders");
    private static final Pattern LEFT_OUT = Pattern.compile(
            "orders/(shardId-\\d+): left out after \\d+ failures, as the policy says: (\\d+)/\\d+(?: to (\\d+)/\\d+, (\\d+) records)?; .*");

    final Simulation sim;
    final EventLoop loop;
    final InMemoryStream stream;
    final FakeLeases leases;
    final TestParts common;
    final Map<ShardId, ShardConsumer> consumers = new HashMap<>();
    final Set<StreamRecord> put = new HashSet<>();
    private final Map<Long, FakeLeases.Fake> taken = new HashMap<>();
    private final Map<ShardId, Integer> checkedUpTo = new HashMap<>();
    private @Nullable AssertionError failure;

    ConsumerWorld(long seed) {
        this.sim = new Simulation(seed);
        this.loop = sim.newEventLoop("worker");
        this.stream = new InMemoryStream(STREAM, 2, sim.clock());
        this.leases = new FakeLeases(sim, STREAM);
        this.common = new TestParts(sim, loop);
        sim.afterEveryEvent(this::check);
    }

    /** The parts of the next consumer. */
    abstract ConsumerParts parts();

    /** True if a checkpoint may pass the record. */
    abstract boolean mayPass(StreamRecord record);

    /** True if the shard, which is open, is processed as far as it goes. */
    abstract boolean isReadOut(ShardId shard);

    /** Looks at the world after an event, before its checkpoints are looked at. */
    void observe() {}

    /** Looks at a shard whose end is in the table. */
    void ended(ShardId shard) {}

    /** True while the worker takes leases. */
    boolean takesLeases() {
        return true;
    }

    StreamRecord put(int number, String payload) {
        StreamRecord record = stream.put("key-" + number % 17, Bytes.utf8(payload));
        put.add(record);
        return record;
    }

    /** The lease of an ownership; each has an epoch of its own, whatever the shard. */
    FakeLeases.Fake lease(long epoch) {
        return requireNonNull(taken.get(epoch));
    }

    /** True when {@code records} were put, every closed shard has ended and every open one is read out. */
    boolean isAllReadOut(int records) {
        return put.size() == records
                && stream.shards().stream()
                        .allMatch(shard -> shard.isOpen()
                                ? isReadOut(shard.id())
                                : leases.row(shard.id()).checkpoint.isShardEnd());
    }

    /** Gives every shard without an owner, whose parents have ended, a consumer; and again a moment later. */
    void direct() {
        for (Shard shard : stream.shards()) {
            FakeLeases.Row row = leases.row(shard.id());
            if (takesLeases() && areOver(shard.parents()) && row.holder == null && !row.checkpoint.isShardEnd()) {
                consume(shard.id());
            }
        }
        loop.schedule(Duration.ofMillis(100), this::direct);
    }

    private boolean areOver(List<ShardId> parents) {
        return parents.stream().allMatch(parent -> leases.row(parent).checkpoint.isShardEnd());
    }

    private void consume(ShardId shard) {
        FakeLeases.Fake lease = leases.take(shard);
        taken.put(lease.epoch(), lease);
        ShardConsumer consumer = new ShardConsumer(lease, parts());
        consumers.put(shard, consumer);
        consumer.start();
    }

    /** One of the consumers, by the world's dice. */
    Optional<ShardConsumer> anyConsumer() {
        List<ShardId> held = consumers.keySet().stream().sorted().toList();
        return held.isEmpty()
                ? Optional.empty()
                : Optional.of(requireNonNull(consumers.get(held.get(sim.random().nextInt(held.size())))));
    }

    /** Its proof runs out first; only then another may take it; and the old owner may hear of it late. */
    void takeByForce(ShardConsumer consumer) {
        FakeLeases.Fake lease = (FakeLeases.Fake) consumer.lease();
        if (!lease.isValid()) {
            return;
        }
        lease.valid = false;
        loop.schedule(Duration.ofMillis(sim.random().nextInt(300)), () -> {
            if (lease.row.holder != lease) {
                return;
            }
            lease.row.holder = null;
            if (takesLeases()) {
                consume(lease.row.shard);
            }
        });
        loop.schedule(Duration.ofMillis(sim.random().nextInt(600)), () -> consumer.lost("taken by force"));
    }

    /** The records that a line of the log tells as left out; none if it tells something else. */
    List<StreamRecord> toldAsLeftOut(String told, int lanes) {
        Matcher line = LEFT_OUT.matcher(told);
        if (!line.matches()) {
            return List.of();
        }
        List<StreamRecord> all = stream.recordsOf(new ShardId(line.group(1)));
        RecordPosition from = RecordPosition.of(SequenceNumber.parse(line.group(2)));
        RecordPosition to = line.group(3) == null ? from : RecordPosition.of(SequenceNumber.parse(line.group(3)));
        StreamRecord first = all.stream()
                .filter(record -> record.position().equals(from))
                .findFirst()
                .orElseThrow();
        int lane = Lanes.laneOf(first.partitionKey(), lanes);
        List<StreamRecord> some = all.stream()
                .filter(record -> Lanes.laneOf(record.partitionKey(), lanes) == lane && isWanted(record))
                .filter(record -> record.position().compareTo(from) >= 0
                        && record.position().compareTo(to) <= 0)
                .toList();
        int count = line.group(4) == null ? 1 : Integer.parseInt(line.group(4));
        assertThat(some).as("seed " + sim.seed() + ": " + line.group()).hasSize(count);
        return some;
    }

    /** True if processors shall get the record. */
    boolean isWanted(StreamRecord record) {
        return true;
    }

    /** Ends the run after this event: what went wrong was found where nobody would hear of it. */
    void fail(AssertionError found) {
        failure = found;
    }

    private void check() {
        if (failure != null) {
            throw failure;
        }
        observe();
        for (FakeLeases.Row row : leases.rows.values()) {
            List<StreamRecord> all = stream.recordsOf(row.shard);
            int to = checkedUpTo.getOrDefault(row.shard, 0);
            while (to < all.size() && covers(row.checkpoint, all.get(to))) {
                if (!mayPass(all.get(to))) {
                    throw new AssertionError("seed " + sim.seed() + ": checkpoint " + row.checkpoint + " of "
                            + row.shard + " passes a record that is not done with");
                }
                to++;
            }
            checkedUpTo.put(row.shard, to);
            if (row.checkpoint.isShardEnd()) {
                ended(row.shard);
            }
        }
    }

    static boolean covers(Checkpoint checkpoint, StreamRecord record) {
        return checkpoint.isShardEnd()
                || (checkpoint instanceof Checkpoint.Processed done
                        && record.position().compareTo(done.position()) <= 0);
    }

    @Override
    public void over(ShardConsumer consumer, ConsumerEnd end) {
        consumers.remove(consumer.lease().key().shard(), consumer);
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName name) {
        return CompletableFuture.completedFuture(new StreamIdentity("arn", Instant.EPOCH));
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName name) {
        return CompletableFuture.completedFuture(stream.shards());
    }
}
