package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.ShardId;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fleets on tables that take only so many writes a second, from a little more than what heartbeats need. */
final class ThrottledTableTest {
    private static final int SHARDS = 12;
    private static final int MANY = 60;
    private static final int WORKERS = 3;
    private static final double HEARTBEATS = WORKERS * 5 / (LeaseWorld.FAILOVER.toMillis() / 1000.0);

    static Stream<WriteLimit> limits() {
        return Stream.of(
                WriteLimit.steady(HEARTBEATS * 1.1),
                WriteLimit.steady(HEARTBEATS * 2),
                WriteLimit.bursting(HEARTBEATS * 1.1, 4),
                WriteLimit.bursting(HEARTBEATS * 1.1, 1100),
                WriteLimit.bursting(HEARTBEATS * 4, 15));
    }

    @ParameterizedTest
    @MethodSource("limits")
    void fleetSettlesAndNoLeaseGoesToAndFro(WriteLimit limit) {
        LeaseWorld world = new LeaseWorld(1, Trouble.NONE, SHARDS);
        world.limitTo(limit);
        for (int i = 0; i < WORKERS; i++) {
            world.join();
        }
        Settlement settlement = new Settlement(world);

        world.sim.runUntil(settlement::isSettled, Duration.ofMinutes(20));
        long refusedAtFirst = limit.refused();
        world.sim.run(Duration.ofMinutes(5));

        assertThat(settlement.isSettled()).as("stays settled").isTrue();
        assertThat(world.workers).allMatch(worker -> worker.losses == 0);
        assertThat(world.table.listLeases().join()).hasSize(SHARDS).allMatch(row -> row.epoch() == 1);
        assertThat(limit.refused() - refusedAtFirst)
                .as("refused in five minutes in which nothing happens, in which heartbeats alone are 1,100")
                .isLessThan(1100);
    }

    /**
     * A write that was not used is gone, so what heartbeats leave are short moments between them. Workers met those once in a
     * minute, and with less to spare never, because they took each refusal for a reason to try less often.
     */
    @ParameterizedTest
    @ValueSource(doubles = {1.05, 1.1, 1.2})
    void fleetSettlesSoonOnATableThatKeepsNothingForLater(double more) {
        for (int seed = 1; seed <= 5; seed++) {
            LeaseWorld world = new LeaseWorld(seed, Trouble.NONE, SHARDS);
            world.limitTo(WriteLimit.steady(HEARTBEATS * more));
            for (int i = 0; i < WORKERS; i++) {
                world.join();
            }
            Settlement settlement = new Settlement(world);

            world.sim.runUntil(settlement::isSettled, Duration.ofSeconds(100));
            world.sim.run(Duration.ofMinutes(1));

            assertThat(settlement.isSettled()).as("stays settled").isTrue();
            assertThat(world.workers).allMatch(worker -> worker.losses == 0);
            assertThat(world.table.listLeases().join()).hasSize(SHARDS).allMatch(row -> row.epoch() <= 2);
        }
    }

    @Test
    void fleetFollowsWhoJoinsLeavesAndCrashesAndLosesNothing() {
        LeaseWorld world = new LeaseWorld(2, Trouble.NONE, SHARDS);
        world.join();
        world.join();
        world.sim.runUntil(new Settlement(world)::isSettled, Duration.ofSeconds(10));
        world.limitTo(WriteLimit.bursting(HEARTBEATS * 1.3, 4));

        SimWorker third = world.join();
        settle(world);
        assertThat(world.table.listLeases().join()).allMatch(row -> row.epoch() <= 2);
        world.workers.get(0).leave(Duration.ofSeconds(30));
        settle(world);
        world.join();
        settle(world);
        world.streams.of(FakeStream.NAME).split(ShardId.of(3));
        settle(world);
        third.host.crash();
        settle(world);

        assertThat(world.workers).allMatch(worker -> worker.losses == 0);
    }

    /** Checkpoints never end: they must not keep a joining worker from its share. */
    @Test
    void leasesMoveWhileEveryShardWantsToCheckpointAllTheTime() {
        LeaseWorld world = new LeaseWorld(3, Trouble.NONE, SHARDS);
        world.limitTo(WriteLimit.bursting(HEARTBEATS * 1.3, 4));
        world.join();
        world.join();
        settle(world);
        world.checkpointAllTheTime();
        world.sim.run(Duration.ofSeconds(20));
        world.join();
        settle(world);

        assertThat(world.workers).allMatch(worker -> worker.losses == 0);
        assertThat(world.table.listLeases().join()).allMatch(row -> row.epoch() <= 2);
    }

    @Test
    void nobodyIsLostWhileManyShardsWantToCheckpoint() {
        assertThat(lossesOfManyShards(Mutation.NONE, WriteLimit.bursting(HEARTBEATS * 1.3, 4)))
                .isZero();
        assertThat(lossesOfManyShards(Mutation.NONE, WriteLimit.steady(HEARTBEATS * 1.1)))
                .isZero();
    }

    /** The simulation has teeth: see {@link MutationsTest}. */
    @ParameterizedTest
    @EnumSource(names = {"HEARTBEAT_BEHIND_OTHERS", "NEVER_BACKS_OFF"})
    void errorMadeOnPurposeLosesLeases(Mutation mutation) {
        assertThat(lossesOfManyShards(mutation, WriteLimit.bursting(HEARTBEATS * 1.3, 4)))
                .isPositive();
    }

    private static int lossesOfManyShards(Mutation mutation, WriteLimit limit) {
        LeaseWorld world = new LeaseWorld(1, Trouble.NONE, MANY, mutation);
        for (int i = 0; i < WORKERS; i++) {
            world.join();
        }
        world.sim.runUntil(new Settlement(world)::isSettled, Duration.ofSeconds(20));
        world.limitTo(limit);
        world.checkpointAllTheTime();
        world.sim.run(Duration.ofSeconds(40));
        return world.workers.stream().mapToInt(worker -> worker.losses).sum();
    }

    private static void settle(LeaseWorld world) {
        Settlement settlement = new Settlement(world);
        world.sim.runUntil(settlement::isSettled, Duration.ofMinutes(5));
    }
}
