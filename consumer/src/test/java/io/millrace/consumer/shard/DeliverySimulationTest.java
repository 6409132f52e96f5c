package io.millrace.consumer.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Lanes, policies, manual checkpoints, asynchronous processors and functions with mappings, in worlds that follow from their seeds. */
class DeliverySimulationTest {
    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        long first = Long.getLong("first", 0);
        return replay != null ? LongStream.of(replay) : LongStream.range(first, first + Long.getLong("seeds", 60));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyRecordIsProcessedOrGivenUpWhateverHappens(long seed) {
        run(seed, DeliveryMutation.NONE);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void plannedMovesProcessNothingTwiceUnlessALaneFails(long seed) {
        try (DeliveryWorld world = new DeliveryWorld(seed, DeliveryWorld.Troubles.NONE, DeliveryMutation.NONE)) {
            world.run();
            world.check();
            if (world.poison.isEmpty() && !world.delivery.isManual()) {
                assertThat(world.processed.values()).as("seed " + seed).allMatch(times -> times == 1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyRecordReachesItsFunctionOrIsGivenUpAsItsMappingSays(long seed) {
        run(seed, MappingMutation.NONE);
    }

    /** A run of a function in which everything goes wrong. */
    static void run(long seed, MappingMutation mutation) {
        try (MappingWorld world = new MappingWorld(seed, mutation)) {
            world.run();
            world.check();
        }
    }

    /** A run in which everything goes wrong. */
    static void run(long seed, DeliveryMutation mutation) {
        try (DeliveryWorld world = new DeliveryWorld(seed, DeliveryWorld.Troubles.ALL, mutation)) {
            world.run();
            world.check();
        }
    }
}
