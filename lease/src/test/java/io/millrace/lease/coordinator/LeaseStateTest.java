package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LeaseStateTest {
    @ParameterizedTest
    @EnumSource(LeaseState.class)
    void everyOwnershipCanEndOnceAndNeverGoesBack(LeaseState state) {
        assertThat(LeaseState.TRANSITIONS.allows(state, LeaseState.ENDED)).isEqualTo(state != LeaseState.ENDED);
        for (LeaseState other : LeaseState.values()) {
            assertThat(LeaseState.TRANSITIONS.allows(state, other) && LeaseState.TRANSITIONS.allows(other, state))
                    .as("%s and %s", state, other)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(CoordinatorState.class)
    void closedCoordinatorStaysClosed(CoordinatorState state) {
        assertThat(CoordinatorState.TRANSITIONS.allows(CoordinatorState.CLOSED, state))
                .isFalse();
    }
}
