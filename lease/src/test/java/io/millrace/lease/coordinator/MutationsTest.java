package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The simulation has teeth: coordination with an error made on purpose does not pass it. Errors that show only where the
 * table takes few writes are caught by {@link ThrottledTableTest}.
 */
final class MutationsTest {
    private static final int SEEDS = 1000;

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NONE", "HEARTBEAT_BEHIND_OTHERS", "NEVER_BACKS_OFF"})
    void errorMadeOnPurposeIsCaught(Mutation mutation, TestReporter reporter) {
        for (int seed = mutation.firstSeed(); seed < mutation.firstSeed() + SEEDS; seed++) {
            try {
                LeaseSimulationTest.run(seed, mutation.trouble(), mutation);
            } catch (AssertionError caught) {
                reporter.publishEntry(mutation.name(), "caught by seed " + seed);
                return;
            }
        }
        fail("%s is not caught by %d seeds", mutation, SEEDS);
    }
}
