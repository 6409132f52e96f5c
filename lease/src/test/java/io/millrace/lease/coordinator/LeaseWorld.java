package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseListener;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Workers, a stream and a table in a simulation, with the invariants checked after every event. One thread. */
final class LeaseWorld {
    static final Duration FAILOVER = Duration.ofSeconds(4);

    final Simulation sim;
    final FakeStream stream;
    final CheckedTable table;
    final List<Worker> workers = new ArrayList<>();
    private final SplittableRandom random;
    private final SplittableRandom more;
    private final Mutation mutation;
    private boolean faults;
    private boolean moreFaults;
    private int named;

    LeaseWorld(long seed, boolean faults, int shards) {
        this(seed, faults, shards, Mutation.NONE);
    }

    /** A world whose workers have the error {@code mutation}. */
    LeaseWorld(long seed, boolean faults, int shards, Mutation mutation) {
        this.mutation = mutation;
        this.more = new SplittableRandom(seed * 37 + 5);
        this.stream = new FakeStream(shards);
        this.table = new CheckedTable(key -> stream.isListed(key.shard()));
        this.sim = new Simulation(seed);
        this.random = new SplittableRandom(seed * 31 + 17);
        this.faults = faults;
        sim.afterEveryEvent(this::check);
    }

    Worker join() {
        return join("w" + named++);
    }

    Worker join(String name) {
        Worker worker = new Worker(name);
        workers.add(worker);
        return worker;
    }

    List<Worker> living() {
        return workers.stream().filter(Worker::takesPart).toList();
    }

    /** No new faults; what is under way still is. */
    void heal() {
        faults = false;
        workers.forEach(worker -> {
            worker.way.heal();
            worker.directory.heal();
        });
    }

    /** True while something that a fault delayed is still under way, or a worker is paused. */
    boolean isDisturbed() {
        return workers.stream()
                .anyMatch(worker -> (worker.takesPart() && worker.host.isPaused())
                        || worker.way.lastArrival().compareTo(sim.elapsed()) > 0);
    }

    /**
     * From now on also: the table throttled for all, up to minutes; answers or reads lost for a while; restarts and twins under
     * the same name; retention; a stream service in trouble.
     */
    void moreFaults(Duration time) {
        moreFaults = true;
        for (Duration at = Duration.ZERO; at.compareTo(time) < 0; at = at.plusMillis(500 + more.nextInt(6000))) {
            sim.at(at, this::oneMore);
        }
        if (time.compareTo(Duration.ofMinutes(3)) > 0) {
            sim.at(Duration.ofSeconds(30), () -> throttleAll(Duration.ofSeconds(60 + more.nextInt(60))));
        }
    }

    private void throttleAll(Duration time) {
        workers.forEach(worker -> worker.way.throttleFor(time));
    }

    private void oneMore() {
        if (!faults) {
            return;
        }
        List<Worker> living = living();
        int dice = more.nextInt(100);
        if (dice < 35) {
            stream.trimOldest();
        } else if (dice < 55) {
            throttleAll(Duration.ofMillis(more.nextLong(FAILOVER.toMillis() * 2)));
        } else if (!living.isEmpty()) {
            Worker victim = living.get(more.nextInt(living.size()));
            Duration time = Duration.ofMillis(more.nextLong(FAILOVER.toMillis() * 2));
            if (dice < 67) {
                victim.way.deafFor(time);
            } else if (dice < 79) {
                victim.way.blindFor(time);
            } else if (dice < 92) {
                victim.host.crash();
                join(victim.name);
            } else if (living.size() < 7) {
                join(victim.name);
            }
        }
    }

    /** Runs whatever happens, for {@code time}. */
    void chaos(Duration time) {
        for (Duration at = Duration.ZERO; at.compareTo(time) < 0; at = at.plusMillis(500 + random.nextInt(3000))) {
            sim.at(at, this::oneEvent);
        }
        sim.run(time);
    }

    /** True when every open shard has one owner that lives, every closed one is finished, and counts are even. */
    boolean isSettled() {
        Map<Worker, Integer> counts = new HashMap<>();
        living().forEach(worker -> counts.put(worker, 0));
        for (Shard shard : stream.shards().values()) {
            LeaseRow row = row(shard.id());
            if (!shard.isOpen()) {
                if (stream.isListed(shard.id()) && (row == null || !row.isFinished())) {
                    return false;
                }
            } else {
                List<Worker> holders = living().stream()
                        .filter(worker -> worker.holds(shard.id()))
                        .toList();
                if (holders.size() != 1) {
                    return false;
                }
                counts.merge(holders.get(0), 1, Integer::sum);
            }
        }
        IntSummaryStatistics range =
                counts.values().stream().mapToInt(Integer::intValue).summaryStatistics();
        return range.getMax() - range.getMin() <= 1;
    }

    String describe() {
        StringBuilder text = new StringBuilder("at " + sim.elapsed() + ", living "
                + living().stream()
                        .map(worker -> worker.coordinator.workerId() + "")
                        .toList());
        stream.shards()
                .values()
                .forEach(shard -> text.append("\n  ")
                        .append(shard.id())
                        .append(shard.isOpen() ? " open " : " closed ")
                        .append(row(shard.id()))
                        .append(" held by ")
                        .append(workers.stream()
                                .filter(w -> w.holds(shard.id()))
                                .map(w -> w.name)
                                .toList()));
        table.listControlRows()
                .join()
                .workers()
                .forEach(row -> text.append("\n  ").append(row));
        table.listControlRows()
                .join()
                .plans()
                .forEach(row -> text.append("\n  ").append(row));
        text.append("\n  ").append(table.get(Entity.leader()).join());
        return text.toString();
    }

    private @Nullable LeaseRow row(ShardId id) {
        return table.lease(Entity.lease(new LeaseKey(FakeStream.NAME, id))).orElse(null);
    }

    private void oneEvent() {
        List<Worker> living = living();
        List<Shard> open = stream.open();
        int dice = random.nextInt(100);
        if ((dice < 25 && living.size() < 6) || living.isEmpty()) {
            boolean again = random.nextInt(3) == 0;
            String name =
                    again && !workers.isEmpty() ? workers.get(random.nextInt(workers.size())).name : "w" + named++;
            if (living.stream().noneMatch(worker -> worker.name.equals(name))) {
                join(name);
            }
            return;
        }
        Worker victim = living.get(random.nextInt(living.size()));
        if (dice < 40) {
            victim.host.crash();
        } else if (dice < 55) {
            victim.host.pause(Duration.ofMillis(random.nextLong(FAILOVER.toMillis() * 2)));
        } else if (dice < 65) {
            victim.way.cutFor(Duration.ofMillis(random.nextLong(FAILOVER.toMillis() * 2)));
        } else if (dice < 75) {
            victim.leave(Duration.ofMillis(random.nextLong(2000)));
        } else if (dice < 90 && open.size() < 10) {
            stream.split(open.get(random.nextInt(open.size())).id());
        } else if (open.size() > 3) {
            List<Shard> ordered = new ArrayList<>(open);
            ordered.sort(Comparator.comparing(shard -> shard.hashKeyRange().start()));
            int lower = random.nextInt(ordered.size() - 1);
            stream.merge(ordered.get(lower).id(), ordered.get(lower + 1).id());
        }
    }

    private void check() {
        Map<LeaseKey, Worker> holders = new HashMap<>();
        for (Worker worker : workers) {
            if (!worker.host.isCrashed()) {
                for (HeldLease lease : worker.held.values()) {
                    if (worker.believesIn(lease)) {
                        Worker other = holders.put(lease.key(), worker);
                        if (other != null) {
                            throw new AssertionError(other.name + " and " + worker.name + " both hold " + lease.key()
                                    + "\n" + describe());
                        }
                    }
                }
            }
        }
    }

    /** One process: a coordinator and a consumer that reads, checkpoints, gives back and finishes, sometimes late. */
    final class Worker implements LeaseListener {
        final String name;
        final SimHost host;
        final FaultyTable way;
        final FaultyDirectory directory;
        final LeaseCoordinator coordinator;
        final Map<LeaseKey, HeldLease> held = new TreeMap<>();
        private final EventLoop consumer;
        int taken;
        private boolean leaving;

        Worker(String name) {
            this.name = name;
            this.host = new SimHost(sim, 0.97 + random.nextDouble() * 0.06);
            this.way = new FaultyTable(sim, mutation.table(table, sim), random.split(), faults);
            this.directory = new FaultyDirectory(sim, stream, more.split());
            this.consumer = host.newEventLoop("consumer-" + name);
            LeaseSettings settings = LeaseSettings.builder().workerName(name).stream(
                            FakeStream.NAME, Position.trimHorizon())
                    .failoverTime(FAILOVER)
                    .shardSyncInterval(Duration.ofSeconds(10))
                    .startTimeout(Duration.ofHours(1))
                    .build();
            this.coordinator = LeaseCoordinator.create(
                    mutation.settings(settings, workers.size()),
                    way,
                    moreFaults ? directory : stream,
                    this,
                    mutation.platform(host),
                    new SimpleMeterRegistry());
            assertThat(coordinator.start()).isNotCompletedExceptionally();
        }

        boolean takesPart() {
            return !host.isCrashed() && !leaving;
        }

        boolean holds(ShardId shard) {
            HeldLease lease = held.get(new LeaseKey(FakeStream.NAME, shard));
            return lease != null && lease.isValid();
        }

        boolean believesIn(HeldLease lease) {
            return mutation == Mutation.NEVER_ASKS_WHETHER_IT_STILL_OWNS || lease.isValid();
        }

        void leave(Duration deadline) {
            leaving = true;
            assertThat(coordinator.close(deadline)).isNotCompletedExceptionally();
        }

        @Override
        public void leaseTaken(HeldLease lease) {
            taken++;
            held.put(lease.key(), lease);
            Shard shard = java.util.Objects.requireNonNull(
                    stream.shards().get(lease.key().shard()));
            for (ShardId parent : shard.parents()) {
                LeaseRow row = row(parent);
                // Of a parent that retention has taken nothing can be delivered any more.
                assertThat(!stream.isListed(parent) || (row != null && row.isFinished()))
                        .as("%s starts while its parent is at %s", lease.key(), row)
                        .isTrue();
            }
            consume(lease, 0);
        }

        @Override
        public void leaseAskedFor(HeldLease lease) {
            int mood = faults ? random.nextInt(10) : 1;
            if (mood > 0) {
                Duration drain = Duration.ofMillis(random.nextInt(mood > 8 ? 3000 : 200));
                consumer.schedule(drain, () -> {
                    if (held.remove(lease.key(), lease)) {
                        assertThat(lease.release()).isNotCompletedExceptionally();
                    }
                });
            }
        }

        @Override
        public void leaseLost(HeldLease lease, String reason) {
            held.remove(lease.key(), lease);
        }

        private void consume(HeldLease lease, int rounds) {
            consumer.schedule(Duration.ofMillis(random.nextInt(100)), () -> {
                if (held.get(lease.key()) != lease || !lease.isValid()) {
                    return;
                }
                boolean open = java.util.Objects.requireNonNull(
                                stream.shards().get(lease.key().shard()))
                        .isOpen();
                if (!open && rounds > 2) {
                    finish(lease);
                } else {
                    if (rounds < 20) {
                        assertThat(lease.checkpoint(next())).isNotCompletedExceptionally();
                    }
                    consume(lease, rounds + 1);
                }
            });
        }

        private Checkpoint next() {
            return Checkpoint.processed(
                    new RecordPosition(SequenceNumber.ZERO, sim.elapsed().toNanos()));
        }

        private void finish(HeldLease lease) {
            List<io.millrace.model.ChildShard> children = stream
                    .childrenOf(lease.key().shard())
                    .stream()
                    .map(Shard::asChild)
                    .toList();
            consumer.whenComplete(lease.finish(children), (outcome, error) -> held.remove(lease.key(), lease));
        }
    }
}
