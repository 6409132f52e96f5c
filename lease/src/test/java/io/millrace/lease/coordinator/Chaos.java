package io.millrace.lease.coordinator;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.Entity;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/** What goes wrong in a world, and when, by the world's dice. One thread. */
final class Chaos {
    private static final long LONGEST = LeaseWorld.FAILOVER.toMillis() * 2;

    private final LeaseWorld world;
    private final SplittableRandom random;
    private final SplittableRandom more;
    private final SplittableRandom most;

    private Chaos(LeaseWorld world) {
        this.world = world;
        this.random = world.random;
        this.more = world.more;
        this.most = world.most;
    }

    /** Three workers, and all the trouble of the world, for {@code time}. */
    static void run(LeaseWorld world, Duration time) {
        Chaos chaos = new Chaos(world);
        if (world.trouble.has(Trouble.MORE)) {
            world.beginMoreFaults();
            chaos.plan(time, chaos.more, 6000, chaos::oneMore);
            if (time.compareTo(Duration.ofMinutes(3)) > 0) {
                world.sim.at(Duration.ofSeconds(30), () -> chaos.throttleAll(60_000L + 1000L * chaos.more.nextInt(60)));
            }
        }
        if (world.trouble.has(Trouble.ALL)) {
            chaos.plan(time, chaos.most, 8000, chaos::oneOfAll);
        }
        if (world.trouble.has(Trouble.DAMAGE)) {
            chaos.plan(time, world.damage, 8000, chaos::oneDamage);
        }
        if (world.trouble.has(Trouble.LIMITED)) {
            chaos.plan(time, world.limits, 12000, chaos::limitAll);
        }
        if (world.trouble.has(Trouble.HANDS)) {
            chaos.plan(time, world.skips.dice(), 5000, world.skips::begin);
        }
        if (world.trouble.has(Trouble.RESETS)) {
            chaos.plan(time, world.resets.dice(), 5000, world.resets::begin);
        }
        for (int i = 0; i < 3; i++) {
            world.join();
        }
        chaos.plan(time, chaos.random, 3000, chaos::oneEvent);
        world.sim.run(time);
    }

    private void plan(Duration time, SplittableRandom dice, int spread, Runnable event) {
        for (Duration at = Duration.ZERO; at.compareTo(time) < 0; at = at.plusMillis(500 + dice.nextInt(spread))) {
            world.sim.at(at, event);
        }
    }

    private void throttleAll(long millis) {
        world.workers.forEach(worker -> worker.way.throttleFor(Duration.ofMillis(millis)));
    }

    /** From less than what heartbeats need to much more, and every other time as much as anybody wants. */
    private void limitAll() {
        if (world.hasFaults()) {
            double perSecond = 2 + world.limits.nextInt(30);
            int burst = 1 + world.limits.nextInt(50);
            world.limitTo(world.limits.nextBoolean() ? WriteLimit.none() : WriteLimit.bursting(perSecond, burst));
        }
    }

    private void oneEvent() {
        List<SimWorker> living = world.living();
        FakeStream stream = world.streams.of(FakeStream.NAME);
        int dice = random.nextInt(100);
        if ((dice < 25 && living.size() < 6) || living.isEmpty()) {
            boolean again = random.nextInt(3) == 0;
            String name = again && !world.workers.isEmpty()
                    ? world.workers.get(random.nextInt(world.workers.size())).name
                    : world.newName();
            if (living.stream().noneMatch(worker -> worker.name.equals(name))) {
                world.join(name);
            }
            return;
        }
        SimWorker victim = living.get(random.nextInt(living.size()));
        if (dice < 40) {
            victim.host.crash();
        } else if (dice < 55) {
            victim.host.pause(Duration.ofMillis(random.nextLong(LONGEST)));
        } else if (dice < 65) {
            victim.way.cutFor(Duration.ofMillis(random.nextLong(LONGEST)));
        } else if (dice < 75) {
            victim.leave(Duration.ofMillis(random.nextLong(2000) * (world.unhurried ? 8 : 1)));
        } else if (dice < 90 && stream.open().size() < 10) {
            split(stream, random);
        } else if (stream.open().size() > 3) {
            merge(stream, random);
        }
    }

    private void oneMore() {
        if (!world.hasFaults()) {
            return;
        }
        List<SimWorker> living = world.living();
        int dice = more.nextInt(100);
        if (dice < 35) {
            world.streams.of(FakeStream.NAME).trimOldest();
        } else if (dice < 55) {
            throttleAll(more.nextLong(LONGEST));
        } else if (!living.isEmpty()) {
            SimWorker victim = living.get(more.nextInt(living.size()));
            Duration time = Duration.ofMillis(more.nextLong(LONGEST));
            if (dice < 67) {
                victim.way.deafFor(time);
            } else if (dice < 79) {
                victim.way.blindFor(time);
            } else if (dice < 92) {
                victim.host.crash();
                world.join(victim.name);
            } else if (living.size() < 7) {
                world.join(victim.name);
            }
        }
    }

    private void oneOfAll() {
        if (!world.hasFaults()) {
            return;
        }
        List<SimWorker> living = world.living();
        FakeStream second = world.streams.of(FakeStream.OTHER);
        int dice = most.nextInt(100);
        if (dice < 15) {
            second.trimOldest();
        } else if (dice < 30 && second.open().size() < 5) {
            split(second, most);
        } else if (dice < 45 && second.open().size() > 2) {
            merge(second, most);
        } else if (dice < 50) {
            world.forgetCosts();
        } else if (!living.isEmpty()) {
            SimWorker victim = living.get(most.nextInt(living.size()));
            if (dice < 65) {
                victim.host.stall(most.nextInt(2), Duration.ofMillis(most.nextLong(LONGEST)));
            } else {
                victim.read(someStreams());
            }
        }
    }

    /** A row of some kind cannot be read any more; a lease's is mended after a while, for nobody else may. */
    private void oneDamage() {
        List<SimWorker> living = world.living();
        if (!world.hasFaults() || living.isEmpty()) {
            return;
        }
        WorkerId victim =
                living.get(world.damage.nextInt(living.size())).coordinator.workerId();
        int dice = world.damage.nextInt(100);
        if (dice < 60) {
            List<LeaseRow> leases = world.table.listLeases().join();
            if (!leases.isEmpty()) {
                Entity lease = leases.get(world.damage.nextInt(leases.size())).entity();
                world.table.damage(lease);
                world.sim.at(Duration.ofMillis(world.damage.nextInt(6000)), () -> world.table.mend(lease));
            }
        } else if (dice < 75) {
            world.table.damage(Entity.worker(victim));
        } else if (dice < 85) {
            world.table.damage(Entity.plan(victim));
        } else if (dice < 95) {
            world.table.damage(Entity.leader());
        } else {
            world.table.damage(Entity.news());
        }
    }

    private Set<StreamName> someStreams() {
        List<Set<StreamName>> choices =
                List.of(Set.of(FakeStream.NAME), Set.of(FakeStream.OTHER), Set.of(FakeStream.NAME, FakeStream.OTHER));
        return new TreeSet<>(choices.get(most.nextInt(choices.size())));
    }

    private static void split(FakeStream stream, SplittableRandom dice) {
        List<Shard> open = stream.open();
        stream.split(open.get(dice.nextInt(open.size())).id());
    }

    private static void merge(FakeStream stream, SplittableRandom dice) {
        List<Shard> ordered = new ArrayList<>(stream.open());
        ordered.sort(Comparator.comparing(shard -> shard.hashKeyRange().start()));
        int lower = dice.nextInt(ordered.size() - 1);
        stream.merge(ordered.get(lower).id(), ordered.get(lower + 1).id());
    }
}
