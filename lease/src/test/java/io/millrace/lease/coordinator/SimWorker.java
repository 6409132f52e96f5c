package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.ShardDirectory;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/** One process: a coordinator and a consumer that reads, checkpoints, gives back and finishes, sometimes late. One thread. */
final class SimWorker implements LeaseListener {
    /** After so many rounds a shard has nothing new for a while, and it is looked at less often. */
    private static final int BUSY_ROUNDS = 20;

    final String name;
    final SimHost host;
    final FaultyTable way;
    final FaultyDirectory directory;
    final LeaseCoordinator coordinator;
    final Map<LeaseKey, HeldLease> held = new TreeMap<>();
    private final Set<HeldLease> finishing = new HashSet<>();
    int losses;
    final int maxLeases;
    private final LeaseWorld world;
    private final SplittableRandom random;
    private final EventLoop consumer;
    private Set<StreamName> streams = new TreeSet<>();
    private int changing;
    private boolean leaving;

    SimWorker(LeaseWorld world, String name, Mutation mutation) {
        this.world = world;
        this.name = name;
        this.random = world.random;
        double off = random.nextDouble() * 0.06 - 0.03;
        boolean all = world.trouble.has(Trouble.ALL);
        this.host = new SimHost(world.sim, 1 + (all ? off * 7 / 3 : off), world.skew());
        this.way =
                new FaultyTable(world.sim, mutation.table(world.table, world.sim), random.split(), world.hasFaults());
        if (all) {
            way.letClientsTryAgain();
        }
        ShardDirectory service = mutation.directory(world.streams, host);
        this.directory = new FaultyDirectory(world.sim, service, world.more.split());
        if (!world.hasFaults()) {
            directory.heal();
        }
        this.consumer = host.newEventLoop("consumer-" + name);
        this.streams.add(FakeStream.NAME);
        if (all && world.most.nextInt(3) == 0) {
            this.streams.add(FakeStream.OTHER);
        }
        this.maxLeases = world.capped ? 2 + world.most.nextInt(8) : Integer.MAX_VALUE;
        this.coordinator = LeaseCoordinator.create(
                mutation.settings(settings(), world.workers.size()),
                mutation.way(way, world.sim),
                world.moreFaults() ? directory : service,
                this,
                mutation.platform(host),
                new SimpleMeterRegistry());
        changing++;
        assertThat(coordinator.start().handle((started, error) -> changing--)).isNotCompletedExceptionally();
    }

    private LeaseSettings settings() {
        LeaseSettings.Builder settings = LeaseSettings.builder()
                .workerName(name)
                .failoverTime(LeaseWorld.FAILOVER)
                .shardSyncInterval(LeaseWorld.SHARD_SYNC)
                .startTimeout(Duration.ofHours(1))
                .maxLeases(maxLeases);
        streams.forEach(stream -> settings.stream(stream, world.from));
        return settings.build();
    }

    boolean takesPart() {
        return !host.isCrashed() && !leaving;
    }

    /**
     * True while something has not come to it yet that a fault delayed, or it is paused, or it waits to begin, or takes
     * its time to leave.
     */
    boolean isDisturbed() {
        return (takesPart() && (host.isPaused() || changing > 0))
                || (world.unhurried && leaving && !host.isCrashed() && !held.isEmpty())
                || way.lastArrival().compareTo(world.sim.elapsed()) > 0;
    }

    /** True while it may read the shard: not once it has read all, though it does not know yet that its end is saved. */
    boolean mayRead(HeldLease lease) {
        return lease.isValid() && !finishing.contains(lease);
    }

    boolean holds(LeaseKey key) {
        HeldLease lease = held.get(key);
        return lease != null && lease.isValid();
    }

    boolean reads(StreamName stream) {
        return streams.contains(stream);
    }

    Set<StreamName> streams() {
        return streams;
    }

    /** Reads {@code wanted} from now on, instead of what it read. */
    void read(Set<StreamName> wanted) {
        streams = wanted;
        changing++;
        List<StreamSettings> settings = wanted.stream()
                .map(stream -> new StreamSettings(stream, world.from))
                .toList();
        assertThat(coordinator.changeStreams(settings).handle((changed, error) -> changing--))
                .isNotCompletedExceptionally();
    }

    void leave(Duration deadline) {
        leaving = true;
        assertThat(coordinator.close(deadline)).isNotCompletedExceptionally();
    }

    @Override
    public void leaseTaken(HeldLease lease) {
        HeldLease before = held.put(lease.key(), lease);
        if (before != null && before.isValid()) {
            throw new AssertionError(name + " takes " + lease + " although it holds " + before);
        }
        world.checkParents(lease.key());
        world.resets.checkTaken(lease);
        consume(lease, 0, world.sim.elapsed());
    }

    @Override
    public void leaseAskedFor(HeldLease lease, Duration within) {
        int mood = world.hasFaults() ? random.nextInt(10) : 1;
        if (mood > 0) {
            Duration drain = Duration.ofMillis(random.nextInt(mood > 8 ? 3000 : 200));
            consumer.schedule(drain, () -> {
                if (held.remove(lease.key(), lease)) {
                    assertThat(lease.release(next())).isNotCompletedExceptionally();
                }
            });
        }
    }

    @Override
    public void leaseLost(HeldLease lease, String reason) {
        losses++;
        held.remove(lease.key(), lease);
    }

    private void consume(HeldLease lease, int rounds, Duration last) {
        boolean rests = world.trouble.has(Trouble.ALL) && rounds > BUSY_ROUNDS;
        consumer.schedule(Duration.ofMillis(random.nextInt(rests ? 500 : 100)), () -> {
            if (held.get(lease.key()) != lease || !lease.isValid()) {
                return;
            }
            lease.processed(world.bytesSince(lease.key(), last));
            Shard shard = world.streams.shard(lease.key());
            if (!shard.isOpen() && rounds > 2) {
                finish(lease);
            } else {
                if (rounds < BUSY_ROUNDS || (world.weighted && rounds % 4 == 0)) {
                    progress(lease);
                }
                consume(lease, rounds + 1, world.sim.elapsed());
            }
        });
    }

    void checkpointAll() {
        if (takesPart()) {
            held.values().stream().filter(HeldLease::isValid).forEach(this::progress);
        }
    }

    private void progress(HeldLease lease) {
        world.saved.tell(host, lease, next(), world.sim.elapsed());
    }

    private Checkpoint next() {
        return Checkpoint.processed(
                new RecordPosition(SequenceNumber.ZERO, world.sim.elapsed().toNanos()));
    }

    private void finish(HeldLease lease) {
        List<io.millrace.model.ChildShard> children =
                world.streams.of(lease.key().stream()).childrenOf(lease.key().shard()).stream()
                        .map(Shard::asChild)
                        .toList();
        finishing.add(lease);
        consumer.whenComplete(lease.finish(children), (outcome, error) -> {
            finishing.remove(lease);
            held.remove(lease.key(), lease);
        });
    }
}
