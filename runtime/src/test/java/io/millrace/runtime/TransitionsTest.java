package io.millrace.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TransitionsTest {
    private enum Door {
        OPEN,
        SHUT,
        LOCKED;

        private static final Transitions<Door> TRANSITIONS = Transitions.table(Door.class)
                .from(OPEN)
                .to(SHUT, "somebody leaves")
                .from(SHUT)
                .to(OPEN, "somebody comes")
                .to(SHUT, "the wind blows")
                .to(LOCKED, "night falls")
                .build();
    }

    @Test
    void onlyPairsOfTheTableAreAllowedAndEachHasItsEvent() {
        assertThat(Door.TRANSITIONS.allows(Door.OPEN, Door.SHUT)).isTrue();
        assertThat(Door.TRANSITIONS.allows(Door.SHUT, Door.SHUT)).isTrue();
        assertThat(Door.TRANSITIONS.allows(Door.OPEN, Door.OPEN)).isFalse();
        assertThat(Door.TRANSITIONS.allows(Door.OPEN, Door.LOCKED)).isFalse();
        assertThat(Door.TRANSITIONS.allows(Door.LOCKED, Door.OPEN)).isFalse();
        assertThat(Door.TRANSITIONS.event(Door.SHUT, Door.LOCKED)).contains("night falls");
        assertThat(Door.TRANSITIONS.event(Door.LOCKED, Door.SHUT)).isEmpty();
        assertThat(Door.TRANSITIONS.states()).isEqualTo(Door.class);
    }

    @Test
    void moveGivesTheNewState() {
        assertThat(Door.TRANSITIONS.move(Door.OPEN, Door.SHUT, "it is late", "front door"))
                .isEqualTo(Door.SHUT);
    }

    @Test
    void moveThatIsNotInTheTableSaysWhoseItWasAndWhy() {
        assertThatThrownBy(() -> Door.TRANSITIONS.move(Door.OPEN, Door.LOCKED, "it is late", "front door"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("front door: OPEN cannot become LOCKED (it is late)");
    }

    @Test
    void pairIsNamedOnceAndAfterWhatItFollows() {
        assertThatThrownBy(() -> Transitions.table(Door.class).to(Door.SHUT, "it is late"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("SHUT");
        assertThatThrownBy(() -> Transitions.table(Door.class)
                        .from(Door.OPEN)
                        .to(Door.SHUT, "it is late")
                        .to(Door.SHUT, "it is cold"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("OPEN -> SHUT");
    }
}
