package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sim.SimulationError;
import java.time.Duration;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code -Dseed=n} replays one run, {@code -Dseeds=n} runs more, {@code -Dfirst=n} begins there. */
final class LeaseSimulationTest {
    private static final Duration CHAOS = Duration.ofSeconds(40);

    /** Every so many seeds one runs for minutes, and meets a table that is throttled for minutes. */
    private static final int LONG_ONE = 20;

    private static final Duration LONG = Duration.ofMinutes(4);
    private static final LongAccumulator SLOWEST = new LongAccumulator(Math::max, 0);

    static LongStream seeds() {
        Long one = Long.getLong("seed");
        long first = Long.getLong("first", 0);
        return one != null ? LongStream.of(one) : LongStream.range(first, first + Long.getLong("seeds", 200));
    }

    @AfterAll
    static void tellTheSlowest(TestReporter reporter) {
        reporter.publishEntry("slowest convergence after the faults, ms", SLOWEST.get() + "");
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void invariantsHoldUnderFaultsAndTheFleetSettlesAfterThem(long seed) {
        run(seed, true, Mutation.NONE);
    }

    /** A creation that was sent again after the row had been found dead and removed proved life that was over. */
    @Test
    void rowOfADeadWorkerThatALateRetryMakesAgainProvesNothing() {
        run(256, false, Mutation.NONE);
    }

    /** A lease that was asked for stayed valid past the handoff timeout when its shard's end was being written. */
    @Test
    void finishingDoesNotProlongALeaseThatWasAskedFor() {
        run(266, false, Mutation.NONE);
    }

    /** A plan was confirmed although a lease that it gives away was still being taken, and so was never asked for. */
    @Test
    void planIsConfirmedOnlyWhenAllItGivesWasAskedFor() {
        run(4053, false, Mutation.NONE);
    }

    /** A lease that only waits was taken as a proof that its grandparents had been read, so its parent waited for one. */
    @Test
    void waitingLeaseDoesNotShowThatItsGrandparentsWereRead() {
        run(185, true, Mutation.NONE);
    }

    /** One run; the seeds of before there were {@code more} faults are replayed without them. */
    static void run(long seed, boolean more, Mutation mutation) {
        LeaseWorld world = new LeaseWorld(seed, true, 4, mutation);
        Duration chaos = more && seed % LONG_ONE == LONG_ONE - 1 ? LONG : CHAOS;
        if (more) {
            world.moreFaults(chaos);
        }
        world.join();
        world.join();
        world.join();
        world.chaos(chaos);
        world.heal();
        world.sim.runUntil(() -> !world.isDisturbed(), CHAOS);
        if (world.living().isEmpty()) {
            world.join();
        }
        Duration healed = world.sim.elapsed();
        try {
            world.sim.runUntil(world::isSettled, LeaseWorld.FAILOVER.plusSeconds(2));
        } catch (SimulationError error) {
            throw new AssertionError("seed " + seed + " has not settled " + world.describe(), error);
        }
        SLOWEST.accumulate(world.sim.elapsed().minus(healed).toMillis());
        world.sim.run(Duration.ofSeconds(2));
        assertThat(world.isSettled())
                .as("seed %s stays settled %s", seed, world.describe())
                .isTrue();
    }
}
