package io.millrace.lease.coordinator;

import java.time.Duration;

/**
 * A fleet that has settled, on a table that takes little more than its heartbeats from now on, while every shard wants to
 * checkpoint all the time: nobody loses a lease, and who joins gets its share. One thread.
 */
final class Limited {
    private static final Duration BEFORE = Duration.ofSeconds(60);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private Limited() {}

    /** True for a few seeds, if the world is one in which a fleet that has settled stays so. */
    static boolean suits(LeaseWorld world, long seed) {
        return seed % 4 == 3 && !world.weighted && !world.capped;
    }

    static void run(LeaseWorld world) {
        int losses = losses(world);
        double heartbeats = (world.living().size() + 1) * 5e3 / LeaseWorld.FAILOVER.toMillis();
        world.limitTo(WriteLimit.bursting(heartbeats * 1.2, 1 + world.limits.nextInt(4)));
        world.checkpointAllTheTime();
        world.sim.run(BEFORE);
        SimWorker last = world.join();
        Settlement settlement = new Settlement(world);
        world.sim.runUntil(() -> last.coordinator.start().isDone() && settlement.isSettled(), LONGEST);
        if (losses(world) > losses) {
            throw new AssertionError("leases were lost on a table that takes few writes " + world.describe());
        }
    }

    private static int losses(LeaseWorld world) {
        return world.living().stream().mapToInt(worker -> worker.losses).sum();
    }
}
