package io.millrace.lease.coordinator;

import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Workers, streams and a table in a simulation, with the invariants checked after every event. One thread. */
final class LeaseWorld {
    static final Duration FAILOVER = Duration.ofSeconds(4);
    static final Duration SHARD_SYNC = Duration.ofSeconds(10);

    final Simulation sim;
    final Trouble trouble;
    final FakeStreams streams = new FakeStreams();
    final CheckedTable table;
    final SavedCheck saved;
    final Skips skips;
    final Resets resets;
    final List<SimWorker> workers = new ArrayList<>();

    /** Each level of trouble has its own dice, so that seeds of before there was more keep their run. */
    final SplittableRandom random;

    final SplittableRandom more;
    final SplittableRandom most;

    final SplittableRandom damage;
    final SplittableRandom limits;

    /** Workers take a few leases at most. */
    final boolean capped;

    /** Shards cost unlike much, and that changes. */
    final boolean weighted;

    /** Where the application begins: at LATEST in a third of the worlds. */
    final Position.Initial from;

    /** Who leaves has longer for it than a handoff takes at most. */
    final boolean unhurried;

    private final Mutation mutation;
    private final Map<LeaseKey, HeldLease> believed = new HashMap<>();
    private final Map<LeaseKey, Integer> bytesPerMilli = new HashMap<>();
    private boolean faults;
    private boolean moreFaults;
    private WriteLimit limit = WriteLimit.none();
    private int named;
    private @Nullable AssertionError failure;

    /** What concerns wall clocks has dice of its own, too. */
    private final SplittableRandom clocks;

    LeaseWorld(long seed, Trouble trouble, int shards) {
        this(seed, trouble, shards, Mutation.NONE);
    }

    /** A world whose workers have the error {@code mutation}. */
    LeaseWorld(long seed, Trouble trouble, int shards, Mutation mutation) {
        this.trouble = trouble;
        this.mutation = mutation;
        this.more = new SplittableRandom(seed * 37 + 5);
        this.most = new SplittableRandom(seed * 41 + 3);
        this.limits = new SplittableRandom(seed * 43 + 11);
        streams.add(FakeStream.NAME, new FakeStream(shards));
        streams.add(FakeStream.OTHER, new FakeStream(3));
        this.damage = new SplittableRandom(seed * 47 + 11);
        this.clocks = new SplittableRandom(seed * 43 + 7);
        this.from = trouble.has(Trouble.DAMAGE) && clocks.nextInt(3) == 0 ? Position.latest() : Position.trimHorizon();
        this.sim = new Simulation(seed);
        streams.all().values().forEach(stream -> stream.tellTimeOf(sim.clock()));
        this.table = new CheckedTable(streams, sim.clock());
        this.saved = new SavedCheck(this, table);
        this.skips = new Skips(this, new SplittableRandom(seed * 53 + 19), mutation);
        this.resets = new Resets(this, new SplittableRandom(seed * 59 + 23), mutation);
        this.random = new SplittableRandom(seed * 31 + 17);
        this.faults = trouble.has(Trouble.FIRST);
        this.capped = trouble.has(Trouble.ALL) && most.nextInt(4) == 0;
        this.weighted = trouble.has(Trouble.ALL) && !capped && most.nextInt(6) == 0;
        this.unhurried = trouble.has(Trouble.ALL) && seed % 4 == 2;
        sim.afterEveryEvent(this::check);
    }

    /** Ends the run after this event: what went wrong was found where nobody would hear of it. */
    void fail(AssertionError found) {
        failure = found;
    }

    SimWorker join() {
        return join(newName());
    }

    /** How far a worker's wall clock is off: nothing, moments, or up to a day. */
    Duration skew() {
        int worst = trouble.has(Trouble.DAMAGE) ? List.of(0, 60_000, 86_400_000).get(clocks.nextInt(3)) : 0;
        return Duration.ofMillis(worst == 0 ? 0 : clocks.nextInt(-worst, worst));
    }

    String newName() {
        return "w" + named++;
    }

    SimWorker join(String name) {
        SimWorker worker = new SimWorker(this, name, mutation);
        worker.way.limitTo(limit);
        workers.add(worker);
        return worker;
    }

    /** The table takes so many writes from now on, of all workers together. */
    void limitTo(WriteLimit allowed) {
        limit = allowed;
        workers.forEach(worker -> worker.way.limitTo(allowed));
    }

    /** Every lease that is held has something to checkpoint, ten times a second. */
    void checkpointAllTheTime() {
        sim.at(Duration.ofMillis(100), () -> {
            workers.forEach(SimWorker::checkpointAll);
            checkpointAllTheTime();
        });
    }

    List<SimWorker> living() {
        return workers.stream().filter(SimWorker::takesPart).toList();
    }

    boolean hasFaults() {
        return faults;
    }

    boolean moreFaults() {
        return moreFaults;
    }

    void beginMoreFaults() {
        moreFaults = true;
    }

    /** No new faults; what is under way still is. */
    void heal() {
        faults = false;
        limitTo(WriteLimit.none());
        workers.forEach(worker -> {
            worker.way.heal();
            worker.directory.heal();
        });
    }

    /** True while something that a fault delayed is still under way, or a worker is paused. */
    boolean isDisturbed() {
        return table.hasDamagedLeases()
                || skips.areUnderWay()
                || resets.areUnderWay()
                || workers.stream().anyMatch(SimWorker::isDisturbed);
    }

    /**
     * Runs {@code then} once what was changed by hand is known to all: once it is {@code told}, or else at the leader's next look. What
     * was sent meanwhile has arrived by then.
     */
    void onceKnown(CompletableFuture<Void> told, Runnable then) {
        sim.at(PatientTable.PATIENCE.plus(FaultyTable.LONGEST.multipliedBy(2)), () -> {
            boolean isTold = told.isDone() && !told.isCompletedExceptionally();
            sim.at(isTold ? Duration.ZERO : SHARD_SYNC.plusSeconds(1), then);
        });
    }

    /** What a lease costs, in a world where that differs. */
    long bytesSince(LeaseKey key, Duration last) {
        return weighted
                ? bytesPerMilli.computeIfAbsent(key, unknown -> 1 + most.nextInt(20))
                        * sim.elapsed().minus(last).toMillis()
                : 0;
    }

    /** What the table says that a lease costs. */
    double load(LeaseKey key) {
        LeaseRow row = row(key);
        return row == null ? 0 : Math.max(0, row.load());
    }

    /** Busy shards become idle ones and the other way round. */
    void forgetCosts() {
        bytesPerMilli.clear();
    }

    @Nullable
    LeaseRow row(LeaseKey key) {
        return table.lease(Entity.lease(key)).orElse(null);
    }

    /**
     * True when nothing of the shard is left to be read: it was, or retention took it before it had a lease. A late write
     * may make the row again that was cleaned up after retention: there is nothing to read, and nothing waits for it.
     */
    boolean isDone(LeaseKey key) {
        LeaseRow row = row(key);
        boolean isGone = row == null || table.wasDeleted(key);
        return (isGone && (!streams.isListed(key) || isBeforeTheBeginning(key))) || (row != null && row.isFinished());
    }

    private boolean isBeforeTheBeginning(LeaseKey key) {
        return table.wasClosedBeforeTheBeginning(key, from instanceof Position.Latest);
    }

    /**
     * A child is taken when all its parents are done, though one may be read again since. Of a parent that retention has taken
     * nothing can be delivered.
     */
    void checkParents(LeaseKey child) {
        for (ShardId parent : streams.shard(child).parents()) {
            LeaseKey key = new LeaseKey(child.stream(), parent);
            LeaseRow row = row(key);
            if (streams.isListed(key)
                    && (row == null || !row.isFinished())
                    && !resets.hasRewound(key)
                    && !(row == null && isBeforeTheBeginning(key))) {
                throw new AssertionError(child + " starts while its parent is at " + row);
            }
        }
    }

    /** Two workers never both believe that they hold an unexpired lease, and none holds more than it takes. */
    private void check() {
        if (failure != null) {
            throw failure;
        }
        believed.clear();
        for (SimWorker worker : workers) {
            if (!worker.held.isEmpty() && !worker.host.isCrashed()) {
                int before = believed.size();
                for (HeldLease lease : worker.held.values()) {
                    boolean believes = mutation == Mutation.NEVER_ASKS_WHETHER_IT_STILL_OWNS || worker.mayRead(lease);
                    HeldLease other = believes ? believed.put(lease.key(), lease) : null;
                    if (other != null) {
                        throw new AssertionError("both are believed in: " + lease + " of " + worker.name + " and "
                                + other + "\n" + describe());
                    }
                }
                if (believed.size() - before > worker.maxLeases) {
                    throw new AssertionError(worker.name + " holds more than it takes: " + worker.held.keySet());
                }
            }
        }
    }

    String describe() {
        StringBuilder text = new StringBuilder("at " + sim.elapsed() + ", living "
                + living().stream()
                        .map(worker -> worker.coordinator.workerId() + " reading " + worker.streams())
                        .toList());
        streams.all().forEach((name, stream) -> stream.shards().values().forEach(shard -> describe(name, shard, text)));
        ControlRows rows = table.listControlRows().join();
        rows.workers().forEach(row -> text.append("\n  ").append(row));
        rows.plans().forEach(row -> text.append("\n  ").append(row));
        text.append("\n  ").append(table.get(Entity.leader()).join());
        return text.toString();
    }

    private void describe(StreamName stream, Shard shard, StringBuilder text) {
        LeaseKey key = new LeaseKey(stream, shard.id());
        text.append("\n  ")
                .append(key)
                .append(shard.isOpen() ? " open " : " closed ")
                .append(streams.isListed(key) ? "" : "past retention ")
                .append(row(key))
                .append(" held by ")
                .append(workers.stream()
                        .filter(worker -> worker.holds(key))
                        .map(worker -> worker.name)
                        .toList());
    }
}
