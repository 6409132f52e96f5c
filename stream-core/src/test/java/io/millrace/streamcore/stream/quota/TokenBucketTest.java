package io.millrace.streamcore.stream.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TokenBucketTest {
    private final TestTicker ticker = new TestTicker();

    static LongStream seeds() {
        Long one = Long.getLong("seed");
        return one != null ? LongStream.of(one) : LongStream.range(0, 50);
    }

    @Test
    void aFullBucketGivesASecondsWorthAtOnceAndThenNothing() {
        TokenBucket bucket = new TokenBucket(5, ticker);
        assertThat(taken(bucket, 10)).isEqualTo(5);
        ticker.pass(Duration.ofMillis(199));
        assertThat(taken(bucket, 1)).isZero();
        ticker.pass(Duration.ofMillis(1));
        assertThat(taken(bucket, 2)).isEqualTo(1);
    }

    @Test
    void whatWasSavedIsNeverMoreThanASecondsWorth() {
        TokenBucket bucket = new TokenBucket(5, ticker);
        ticker.pass(Duration.ofDays(3));
        assertThat(taken(bucket, 20)).isEqualTo(5);
    }

    @Test
    void whatIsLargerThanTheBucketPassesWhenItIsFullAndLeavesADebt() {
        TokenBucket bucket = new TokenBucket(100, ticker);
        assertThat(bucket.tryTake(1)).isTrue();
        assertThat(bucket.tryTake(300)).isFalse();
        ticker.pass(Duration.ofMillis(10));
        assertThat(bucket.tryTake(300)).isTrue();
        ticker.pass(Duration.ofSeconds(2));
        assertThat(bucket.tryTake(1)).isFalse();
        ticker.pass(Duration.ofMillis(10));
        assertThat(bucket.tryTake(1)).isTrue();
    }

    @Test
    void whatIsGivenBackCanBeTakenAgain() {
        TokenBucket bucket = new TokenBucket(10, ticker);
        assertThat(bucket.tryTake(10)).isTrue();
        bucket.refund(4);
        assertThat(taken(bucket, 10)).isEqualTo(4);
    }

    @Test
    void aChargeOfManySecondsBlocksForExactlyAsLong() {
        TokenBucket bucket = new TokenBucket(2 << 20, ticker);
        bucket.charge(10 << 20);
        assertThat(bucket.debtNanos()).isEqualTo(Duration.ofSeconds(5).toNanos());
        ticker.pass(Duration.ofSeconds(5).minusNanos(1));
        assertThat(bucket.hasAny()).isFalse();
        ticker.pass(Duration.ofNanos(2));
        assertThat(bucket.hasAny()).isTrue();
        assertThat(bucket.debtNanos()).isZero();
    }

    @Test
    void ratesAreAboveZero() {
        assertThatThrownBy(() -> new TokenBucket(0, ticker)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TokenBucket(Double.NaN, ticker)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Whatever comes when: over any time no more passes than the rate allows, plus the second in store. */
    @ParameterizedTest
    @MethodSource("seeds")
    void neverGivesMoreThanItsRate(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long rate = 1 + random.nextLong(2_000_000);
        TokenBucket bucket = new TokenBucket(rate, ticker);
        long begun = ticker.nanoTime();
        long given = 0;
        for (int i = 0; i < 2_000; i++) {
            ticker.pass(Duration.ofNanos(random.nextLong(50_000_000)));
            long wanted = 1 + random.nextLong(Math.max(2, rate / 10));
            if (wanted <= rate && bucket.tryTake(wanted)) {
                given += wanted;
            }
            double allowed = rate * (1 + (ticker.nanoTime() - begun) / 1e9);
            assertThat((double) given).as("seed %s", seed).isLessThanOrEqualTo(allowed + 1);
        }
        assertThat(given).as("seed %s", seed).isPositive();
    }

    private static int taken(TokenBucket bucket, int times) {
        int taken = 0;
        for (int i = 0; i < times; i++) {
            taken += bucket.tryTake(1) ? 1 : 0;
        }
        return taken;
    }
}
