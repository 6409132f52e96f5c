package io.millrace.streamcore.api.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SeenSignaturesTest {
    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

    private final StoppedPlatform platform = new StoppedPlatform(Instant.EPOCH);

    @Test
    void everyFingerprintIsNewOnceInItsTime() {
        long seed = Long.getLong("seed", 7L);
        SplittableRandom random = new SplittableRandom(seed);
        SeenSignatures seen = new SeenSignatures(1 << 12, TEN_MINUTES, platform.ticker());
        Map<Long, Integer> secondOf = new HashMap<>();
        int second = 0;
        for (int i = 0; i < 2000; i++) {
            long fingerprint = i == 0 ? 0 : random.nextLong();
            assertThat(seen.firstSeen(fingerprint)).as("seed %d, %d", seed, i).isNegative();
            secondOf.put(fingerprint, second);
            if (i % 5 == 0) {
                platform.pass(Duration.ofSeconds(1));
                second++;
            }
        }
        int end = second;
        secondOf.forEach((fingerprint, at) ->
                assertThat(seen.firstSeen(fingerprint)).as("seed %d", seed).isEqualTo(Duration.ofSeconds(end - at)));
    }

    @Test
    void whatIsOldIsForgottenAfterItsTime() {
        SeenSignatures seen = new SeenSignatures(1 << 10, TEN_MINUTES, platform.ticker());
        seen.firstSeen(1L << 40);
        platform.pass(TEN_MINUTES);
        assertThat(seen.firstSeen(1L << 40)).isEqualTo(TEN_MINUTES);
        platform.pass(Duration.ofSeconds(1));
        seen.firstSeen(2L << 40);
        platform.pass(TEN_MINUTES.plusSeconds(1));
        seen.firstSeen(3L << 40);
        assertThat(seen.firstSeen(1L << 40)).isNegative();
        assertThat(seen.firstSeen(2L << 40)).isPositive();
    }

    @Test
    void aFloodForgetsTheOldestAndNeverEnds() {
        SeenSignatures seen = new SeenSignatures(1 << 10, TEN_MINUTES, platform.ticker());
        SplittableRandom random = new SplittableRandom(1);
        long last = 0;
        for (int i = 0; i < 100_000; i++) {
            last = random.nextLong();
            seen.firstSeen(last);
        }
        assertThat(seen.firstSeen(last)).isZero();
    }
}
