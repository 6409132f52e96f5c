package io.millrace.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    @Test
    void delaysDoubleUpToTheMostWithHalfOfEachDrawn() {
        long[] ceilings = {100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000};
        SplittableRandom random = new SplittableRandom(1);
        for (int failures = 1; failures <= ceilings.length; failures++) {
            Duration ceiling = Duration.ofMillis(ceilings[failures - 1]);
            for (int draw = 0; draw < 100; draw++) {
                assertThat(backoff.delay(failures, random)).isBetween(ceiling.dividedBy(2), ceiling);
            }
        }
    }

    @Test
    void manyFailuresDoNotOverflow() {
        assertThat(backoff.delay(Integer.MAX_VALUE, new SplittableRandom(1)))
                .isBetween(Duration.ofMillis(2_500), Duration.ofSeconds(5));
    }

    @Test
    void boundsThatMakeNoSenseAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)));
    }
}
