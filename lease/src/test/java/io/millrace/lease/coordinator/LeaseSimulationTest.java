package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sim.SimulationError;
import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code -Dseed=n} replays one run, {@code -Dseeds=n} runs more. */
final class LeaseSimulationTest {
    private static final Duration CHAOS = Duration.ofSeconds(40);

    /** Calls that were lost before the faults stopped are noticed after the coordinator's own time limit. */
    private static final Duration LAST_FAULT = FaultyTable.LONGEST.multipliedBy(2);

    static LongStream seeds() {
        Long one = Long.getLong("seed");
        return one != null ? LongStream.of(one) : LongStream.range(0, Long.getLong("seeds", 200));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void invariantsHoldUnderFaultsAndTheFleetSettlesAfterThem(long seed) {
        run(seed);
    }

    /** A creation that was sent again after the row had been found dead and removed proved life that was over. */
    @Test
    void rowOfADeadWorkerThatALateRetryMakesAgainProvesNothing() {
        run(256);
    }

    /** A lease that was asked for stayed valid past the handoff timeout when its shard's end was being written. */
    @Test
    void finishingDoesNotProlongALeaseThatWasAskedFor() {
        run(266);
    }

    /** A plan was confirmed although a lease that it gives away was still being taken, and so was never asked for. */
    @Test
    void planIsConfirmedOnlyWhenAllItGivesWasAskedFor() {
        run(4053);
    }

    static void run(long seed) {
        LeaseWorld world = new LeaseWorld(seed, true, 4);
        world.join();
        world.join();
        world.join();
        world.chaos(CHAOS);
        world.heal();
        world.sim.run(LAST_FAULT);
        world.sim.runUntil(() -> world.living().stream().noneMatch(worker -> worker.host.isPaused()), CHAOS);
        if (world.living().isEmpty()) {
            world.join();
        }
        Duration limit = LeaseWorld.FAILOVER.plusSeconds(2);
        try {
            world.sim.runUntil(world::isSettled, limit);
        } catch (SimulationError error) {
            throw new AssertionError("seed " + seed + " has not settled " + world.describe(), error);
        }
        world.sim.run(Duration.ofSeconds(2));
        assertThat(world.isSettled())
                .as("seed %s stays settled %s", seed, world.describe())
                .isTrue();
    }
}
