package io.millrace.streamcore.api.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.api.auth.SeenSignatures.Sighting;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SeenSignaturesTest {
    private static final Duration TWINS = Duration.ofSeconds(2);
    private static final long NOW = Instant.parse("2026-11-21T12:00:00Z").getEpochSecond();
    private static final int SKEW = 300;

    private final StoppedPlatform platform = new StoppedPlatform(Instant.ofEpochSecond(NOW));

    private SeenSignatures seen(int slots) {
        return new SeenSignatures(slots, platform.ticker());
    }

    private static Sighting seenAgo(long seconds) {
        return new Sighting(SeenSignatures.Knowledge.SEEN, Duration.ofSeconds(seconds));
    }

    private long now() {
        return platform.clock().instant().getEpochSecond();
    }

    @Test
    void everyFingerprintIsNewOnceAsLongAsItIsGood() {
        long seed = Long.getLong("seed", 7L);
        SplittableRandom random = new SplittableRandom(seed);
        SeenSignatures seen = seen(1 << 20);
        Map<Long, Long> signedAt = new LinkedHashMap<>();
        Map<Long, Long> seenAt = new LinkedHashMap<>();
        for (int i = 0; i < 20_000; i++) {
            long fingerprint = i == 0 ? 0 : random.nextLong();
            long second = now() + random.nextInt(-SKEW, SKEW + 1);
            assertThat(seen.see(second, now(), fingerprint).isNew())
                    .as("seed %d, %d", seed, i)
                    .isTrue();
            signedAt.put(fingerprint, second);
            seenAt.put(fingerprint, now());
            if (i % 15 == 0) {
                platform.pass(Duration.ofSeconds(1));
            }
        }
        signedAt.forEach((fingerprint, second) -> {
            if (Math.abs(second - now()) <= SKEW) {
                assertThat(seen.see(second, now(), fingerprint))
                        .as("seed %d", seed)
                        .isEqualTo(seenAgo(now() - seenAt.get(fingerprint)));
            }
        });
    }

    /** A thousand signatures in each second, and never more memory: a second is either told apart whole or refused whole. */
    @Test
    void aFloodForgetsSecondsAsAWholeAndNeverTakesAReplayForNew() {
        SplittableRandom random = new SplittableRandom(1);
        SeenSignatures seen = seen(1 << 14);
        Map<Long, Long> signedAt = new LinkedHashMap<>();
        for (int i = 0; i < 100_000; i++) {
            long fingerprint = random.nextLong();
            long second = now() - random.nextInt(3);
            assertThat(seen.see(second, now(), fingerprint).isForgotten())
                    .as("a signature of now is always told apart")
                    .isFalse();
            signedAt.put(fingerprint, second);
            if (i % 1000 == 0) {
                platform.pass(Duration.ofSeconds(1));
            }
        }
        int forgotten = 0;
        int known = 0;
        for (Map.Entry<Long, Long> entry : signedAt.entrySet()) {
            if (entry.getValue() >= now() - SKEW) {
                Sighting sighting = seen.see(entry.getValue(), now(), entry.getKey());
                assertThat(sighting.isNew()).isFalse();
                forgotten += sighting.isForgotten() ? 1 : 0;
                known += sighting.isForgotten() ? 0 : 1;
            }
        }
        assertThat(known).isGreaterThan(3_000);
        assertThat(forgotten).isGreaterThan(50_000);
    }

    /** A signer can choose the second: the seconds that others sign in stay. */
    @Test
    void aFloodOfAnotherSecondHarmsThatSecondAlone() {
        SplittableRandom random = new SplittableRandom(1);
        SeenSignatures seen = seen(1 << 12);
        long honest = random.nextLong();
        assertThat(seen.see(now(), now(), honest).isNew()).isTrue();
        for (int i = 0; i < 10_000; i++) {
            seen.see(now() + SKEW, now(), random.nextLong());
            seen.see(now() - SKEW + random.nextInt(100), now(), random.nextLong());
        }
        assertThat(seen.see(now(), now(), honest)).isEqualTo(seenAgo(0));
        assertThat(seen.see(now(), now(), random.nextLong()).isNew()).isTrue();
        assertThat(seen.see(now() + SKEW, now(), random.nextLong()).isForgotten())
                .isTrue();
    }

    @Test
    void twinsAreOfOneSourceAndOfTheirTime() {
        SeenSignatures seen = seen(1 << 10);
        assertThat(seen.seeTwin(NOW, now(), 1L << 40, 7L << 40, 11L << 40, TWINS)
                        .isNew())
                .isTrue();
        assertThat(seen.seeTwin(NOW, now(), 1L << 40, 7L << 40, 11L << 40, TWINS))
                .as("the same attempt")
                .isEqualTo(seenAgo(0));
        assertThat(seen.seeTwin(NOW, now(), 1L << 40, 7L << 40, 12L << 40, TWINS)
                        .isNew())
                .isTrue();
        for (int i = 0; i < 2; i++) {
            assertThat(seen.seeTwin(NOW, now(), 1L << 40, 8L << 40, 13L << 40, TWINS))
                    .as("another source, however often")
                    .isEqualTo(seenAgo(0));
        }
        platform.pass(TWINS);
        assertThat(seen.seeTwin(NOW, now(), 1L << 40, 7L << 40, 14L << 40, TWINS)
                        .isNew())
                .isTrue();
        platform.pass(Duration.ofSeconds(1));
        assertThat(seen.seeTwin(NOW, now(), 1L << 40, 7L << 40, 15L << 40, TWINS))
                .isEqualTo(seenAgo(3));
    }
}
