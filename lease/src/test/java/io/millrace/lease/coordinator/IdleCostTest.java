package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a fleet that has nothing to do asks of the table. */
final class IdleCostTest {
    @Test
    void idleCallsDoNotGrowWithShards() {
        Map<String, Integer> few = callsPerMinute(3);
        Map<String, Integer> many = callsPerMinute(90);

        assertThat(many).containsOnlyKeys(few.keySet());
        // A minute holds one beat more or less, depending on where it begins.
        few.forEach((operation, calls) ->
                assertThat(many.get(operation)).as(operation).isBetween(calls - 3, calls + 3));
    }

    @Test
    void idleWritesAreTheHeartbeats() {
        Map<String, Integer> calls = callsPerMinute(12);

        // 300 / F[s] a minute and worker, and the few of the leader; its periodic look reads the leases and writes
        // nothing.
        assertThat(calls.get("put")).isBetween(3 * 70, 3 * 80);
        assertThat(calls.get("listLeases")).isLessThanOrEqualTo(3 * 6);
        assertThat(calls).doesNotContainKeys("delete", "get");
    }

    @Test
    void whatGrowsWithShardsIsReadOnlyByTheLeadersPeriodicLook() {
        Map<String, Integer> calls = callsPerMinute(48);
        int looks = (int) Duration.ofMinutes(1).dividedBy(LeaseWorld.SHARD_SYNC) + 1;

        // It compares the leases with the shards, and then plans.
        assertThat(calls.getOrDefault("listLeases", 0)).isLessThanOrEqualTo(2 * looks);
        assertThat(calls.getOrDefault("listPlans", 0)).isLessThanOrEqualTo(looks);
        // It looks up one lease every half failover time: whether they are still there.
        assertThat(calls.get("getLeases"))
                .isLessThanOrEqualTo((int) Duration.ofMinutes(1).dividedBy(LeaseWorld.FAILOVER) * 2 + 1);
    }

    private static Map<String, Integer> callsPerMinute(int shards) {
        LeaseWorld world = new LeaseWorld(3, Trouble.NONE, shards);
        world.join();
        world.join();
        world.join();
        world.sim.runUntil(new Settlement(world)::isSettled, Duration.ofSeconds(10));
        world.sim.run(Duration.ofSeconds(20));
        world.table.forgetCalls();
        world.sim.run(Duration.ofMinutes(1));
        return world.table.calls();
    }
}
