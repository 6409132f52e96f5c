package io.millrace.consumer;

import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulations have teeth: consumers with an error made on purpose do not pass them. */
class ConsumerMutationsTest {
    private static final int SEEDS = 200;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void errorMadeOnPurposeIsCaught(ConsumerMutation mutation, TestReporter reporter) {
        for (int seed = 0; seed < SEEDS; seed++) {
            try {
                ShardConsumerSimulationTest.run(seed, mutation);
                new RetentionWorld(seed, mutation).run();
            } catch (AssertionError caught) {
                reporter.publishEntry(mutation.name(), "caught by seed " + seed + ": " + caught.getMessage());
                return;
            }
        }
        fail("%s is not caught by %d seeds", mutation, SEEDS);
    }
}
