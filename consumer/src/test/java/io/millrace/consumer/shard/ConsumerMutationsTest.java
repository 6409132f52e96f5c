package io.millrace.consumer.shard;

import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulations have teeth: consumers with an error made on purpose do not pass them. */
class ConsumerMutationsTest {
    private static final int SEEDS = 600;

    @Timeout(300)
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void errorMadeOnPurposeIsCaught(ConsumerMutation mutation, TestReporter reporter) {
        for (int seed = mutation.firstSeed(); seed < mutation.firstSeed() + SEEDS; seed++) {
            try {
                if (mutation == ConsumerMutation.NO_TURNS) {
                    ShardConsumerSimulationTest.run(seed, mutation);
                } else {
                    new RetentionWorld(seed, mutation).run();
                }
            } catch (AssertionError caught) {
                reporter.publishEntry(mutation.name(), "caught by seed " + seed + ": " + caught.getMessage());
                return;
            }
        }
        fail("%s is not caught by %d seeds", mutation, SEEDS);
    }

    @Timeout(300)
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void errorInDeliveryIsCaught(DeliveryMutation mutation, TestReporter reporter) {
        for (int seed = 0; seed < SEEDS; seed++) {
            try {
                DeliverySimulationTest.run(seed, mutation);
            } catch (AssertionError caught) {
                reporter.publishEntry(mutation.name(), "caught by seed " + seed + ": " + caught.getMessage());
                return;
            }
        }
        fail("%s is not caught by %d seeds", mutation, SEEDS);
    }

    @Timeout(300)
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void errorInAMappingIsCaught(MappingMutation mutation, TestReporter reporter) {
        for (int seed = 0; seed < SEEDS; seed++) {
            try {
                DeliverySimulationTest.run(seed, mutation);
            } catch (AssertionError caught) {
                reporter.publishEntry(mutation.name(), "caught by seed " + seed + ": " + caught.getMessage());
                return;
            }
        }
        fail("%s is not caught by %d seeds", mutation, SEEDS);
    }
}
