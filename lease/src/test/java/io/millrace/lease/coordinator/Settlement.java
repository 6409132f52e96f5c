package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Whether a fleet is as it should be once the faults are over, and in time.
 *
 * <p>Every shard that can be read must have an owner by F + 2 s after the faults ended, or 2 s after it could be read,
 * whichever is later, and keep one. A shard can be read once its parents are read to their ends: how long a consumer takes
 * over a closed shard is its own affair, so a chain of closed shards may take as long as they are read, and 2 s between one
 * and the next. The load must be even by F + 2 s after the faults ended, or 2 s after the last shard could be read, and
 * stay so. One thread.
 */
final class Settlement {
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final Duration LONGEST_READING = Duration.ofSeconds(60);
    private static final int MOST_LOOKS = 8;

    private final LeaseWorld world;
    private final Duration began;
    private final Duration bound;
    private final Map<LeaseKey, Duration> unowned = new TreeMap<>();
    private final Set<LeaseKey> readable = new HashSet<>();
    private final Set<LeaseKey> done = new HashSet<>();

    /** Nobody joins or leaves from now on. */
    private final List<SimWorker> living;

    private final Set<LeaseKey> keys;
    private Duration lastCame = Duration.ZERO;
    private Duration lastUnsettled;

    /** The faults are over now. */
    Settlement(LeaseWorld world) {
        this.world = world;
        this.began = now();
        this.bound = began.plus(LeaseWorld.FAILOVER).plus(GRACE);
        this.lastUnsettled = began;
        this.living = world.living();
        this.keys = world.streams.all().keySet().stream()
                .filter(stream -> living.stream().anyMatch(worker -> worker.reads(stream)))
                .flatMap(stream ->
                        world.streams.of(stream).shards().keySet().stream().map(shard -> new LeaseKey(stream, shard)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Runs until all must be as it should be, and a second more.
     *
     * @return how long it was not
     */
    Duration await() {
        while (now().compareTo(limit()) < 0 || isReading()) {
            world.sim.run(LOOK);
            look();
            if (!isSettled()) {
                lastUnsettled = now();
            }
            if (now().compareTo(bound.plus(LONGEST_READING)) > 0) {
                throw new AssertionError("goes on for ever " + world.describe());
            }
        }
        if (world.weighted) {
            awaitLoads();
        }
        watch(Duration.ofSeconds(1));
        return lastUnsettled.minus(began);
    }

    /**
     * What is measured takes a few looks of the leader to be known, and moves leases until then. Later a load may still
     * step over the edge, for what is measured is never quite what is; but not at every look of the leader, and no lease goes
     * back and forth.
     */
    private void awaitLoads() {
        watch(LeaseWorld.SHARD_SYNC.multipliedBy(4));
        Map<LeaseKey, Long> before = epochs();
        watch(LeaseWorld.SHARD_SYNC.multipliedBy(4));
        epochs().forEach((key, epoch) -> {
            if (epoch - before.getOrDefault(key, epoch) > 2) {
                throw new AssertionError(key + " moves for ever " + world.describe());
            }
        });
        for (int looks = 0; !isEvenByLoad(); looks++) {
            if (looks == MOST_LOOKS) {
                throw new AssertionError("loads are not even " + world.describe());
            }
            watch(LeaseWorld.SHARD_SYNC);
        }
    }

    private void watch(Duration time) {
        for (Duration end = now().plus(time); now().compareTo(end) < 0; world.sim.run(LOOK)) {
            look();
            if (!world.weighted && !isSettled()) {
                throw new AssertionError("has not settled " + world.describe());
            }
        }
    }

    private Map<LeaseKey, Long> epochs() {
        return world.table.listLeases().join().stream().collect(Collectors.toMap(LeaseRow::key, LeaseRow::epoch));
    }

    private Duration limit() {
        Duration latest = lastCame.plus(GRACE);
        return bound.compareTo(latest) > 0 ? bound : latest;
    }

    /** Every shard that anybody reads is done or has one owner, and no single move would make the counts more even. */
    boolean isSettled() {
        return keys.stream().allMatch(this::isInPlace) && (world.weighted || isEven());
    }

    /** Closed shards are still being read. */
    private boolean isReading() {
        return keys.stream().anyMatch(key -> !world.streams.shard(key).isOpen() && !isInPlace(key));
    }

    private void look() {
        keys.forEach(this::look);
    }

    private void look(LeaseKey key) {
        if (isDone(key) || waits(key)) {
            unowned.remove(key);
            return;
        }
        if (readable.add(key)) {
            lastCame = now();
        }
        if (owners(key) == 1 || hasNoPlace(key)) {
            unowned.remove(key);
            return;
        }
        Duration since = unowned.computeIfAbsent(key, unknown -> now());
        if (now().compareTo(bound) > 0 && now().compareTo(since.plus(GRACE)) > 0) {
            throw new AssertionError("nobody has owned " + key + " since " + since + " " + world.describe());
        }
    }

    private boolean isInPlace(LeaseKey key) {
        boolean settled = world.streams.shard(key).isOpen() ? owners(key) == 1 : isDone(key);
        return settled || (world.capped && (waits(key) || hasNoPlace(key)));
    }

    private boolean waits(LeaseKey key) {
        return world.streams.shard(key).parents().stream()
                .anyMatch(parent -> !isDone(new LeaseKey(key.stream(), parent)));
    }

    private long owners(LeaseKey key) {
        return living.stream().filter(worker -> worker.holds(key)).count();
    }

    /** What is done once stays so. */
    private boolean isDone(LeaseKey key) {
        return done.contains(key) || (world.isDone(key) && done.add(key));
    }

    /** All who read the stream are full, and none of them can pass a lease on so that one has room in the end. */
    private boolean hasNoPlace(LeaseKey key) {
        if (!world.capped || owners(key) > 0) {
            return false;
        }
        Set<SimWorker> reached = new HashSet<>();
        Deque<SimWorker> next = new ArrayDeque<>();
        living.stream().filter(worker -> worker.reads(key.stream())).forEach(next::add);
        while (!next.isEmpty()) {
            SimWorker worker = next.remove();
            if (reached.add(worker)) {
                if (held(worker) < worker.maxLeases) {
                    return false;
                }
                living.stream().filter(to -> canPass(worker, to)).forEach(next::add);
            }
        }
        return true;
    }

    private static boolean canPass(SimWorker from, SimWorker to) {
        return from.held.keySet().stream().anyMatch(key -> from.holds(key) && to.reads(key.stream()));
    }

    private static int held(SimWorker worker) {
        return (int) worker.held.keySet().stream().filter(worker::holds).count();
    }

    /** No single move would make the counts more even. */
    private boolean isEven() {
        for (SimWorker from : living) {
            int most = held(from);
            for (SimWorker to : living) {
                int count = held(to);
                if (most - count > 1 && count < to.maxLeases && canPass(from, to)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Every worker is within 10 % of the mean load, or no single move would help much; with a little for what still moves. */
    private boolean isEvenByLoad() {
        double mean = living.stream().mapToDouble(this::load).sum() / living.size();
        for (SimWorker from : living) {
            double most = load(from);
            for (SimWorker to : living) {
                double gap = most - load(to);
                boolean far = gap > mean * 0.12 && (most > mean * 1.12 || load(to) < mean * 0.88);
                double worth = 0.95 * Math.max(gap / 2, gap - mean * 0.05);
                if (far
                        && from.held.keySet().stream()
                                .anyMatch(key -> to.reads(key.stream()) && world.load(key) < worth)) {
                    return false;
                }
            }
        }
        return true;
    }

    private double load(SimWorker worker) {
        return worker.held.keySet().stream().mapToDouble(world::load).sum();
    }

    private Duration now() {
        return world.sim.elapsed();
    }
}
