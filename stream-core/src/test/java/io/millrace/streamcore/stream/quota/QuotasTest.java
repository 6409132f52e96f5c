package io.millrace.streamcore.stream.quota;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuotasTest {
    private static final StreamName ORDERS = new StreamName("orders");
    private static final StreamName CLICKS = new StreamName("clicks");
    private static final ShardId FIRST = ShardId.of(0);
    private static final ShardId SECOND = ShardId.of(1);
    private static final int MIB = 1 << 20;

    private final TestTicker ticker = new TestTicker();

    @Test
    void offMeansNoLimitsForAnyStream() {
        Quotas quotas = Quotas.off(ticker);
        assertThat(quotas.of(ORDERS)).isNull();
        assertThat(quotas.pace(ORDERS).pauseNanos()).isZero();
    }

    @Test
    void aShardTakesAThousandRecordsASecond() {
        ShardQuota shard = shard(new Quotas(QuotaMode.AWS, ticker), ORDERS, FIRST);
        assertThat(stored(shard, 1_500, 10)).isEqualTo(1_000);
        ticker.pass(Duration.ofMillis(100));
        assertThat(stored(shard, 1_500, 10)).isEqualTo(100);
    }

    @Test
    void aShardTakesOneMebibyteASecondAndRefusedBytesCostNoRecords() {
        ShardQuota shard = shard(new Quotas(QuotaMode.AWS, ticker), ORDERS, FIRST);
        assertThat(stored(shard, 2_000, MIB / 4)).isEqualTo(4);
        assertThat(shard.takesRecord(1)).isFalse();
        ticker.pass(Duration.ofMillis(10));
        assertThat(shard.takesRecord(1)).isTrue();
    }

    @Test
    void shardsHaveLimitsOfTheirOwn() {
        Quotas quotas = new Quotas(QuotaMode.AWS, ticker);
        assertThat(stored(shard(quotas, ORDERS, FIRST), 2_000, 1)).isEqualTo(1_000);
        assertThat(stored(shard(quotas, ORDERS, SECOND), 2_000, 1)).isEqualTo(1_000);
        assertThat(stored(shard(quotas, CLICKS, FIRST), 2_000, 1)).isEqualTo(1_000);
        assertThat(stored(shard(quotas, ORDERS, FIRST), 1, 1)).isZero();
    }

    @Test
    void aShardGivesFiveReadsASecond() {
        ShardQuota shard = shard(new Quotas(QuotaMode.AWS, ticker), ORDERS, FIRST);
        for (int i = 0; i < 5; i++) {
            assertThat(shard.takesRead()).isTrue();
        }
        assertThat(shard.takesRead()).isFalse();
        ticker.pass(Duration.ofMillis(200));
        assertThat(shard.takesRead()).isTrue();
        assertThat(shard.takesRead()).isFalse();
    }

    @Test
    void anAnswerOfTenMebibytesBlocksReadsForFiveSeconds() {
        ShardQuota shard = shard(new Quotas(QuotaMode.AWS, ticker), ORDERS, FIRST);
        assertThat(shard.takesRead()).isTrue();
        shard.wasRead(10 * MIB);
        ticker.pass(Duration.ofMillis(4_999));
        assertThat(shard.takesRead()).isFalse();
        ticker.pass(Duration.ofMillis(2));
        assertThat(shard.takesRead()).isTrue();
    }

    @Test
    void aStreamsOwnSettingGoesBeforeTheServers() {
        Quotas quotas = Quotas.off(ticker);
        quotas.set(ORDERS, QuotaMode.parse("0.5"));
        assertThat(stored(shard(quotas, ORDERS, FIRST), 2_000, 1)).isEqualTo(500);
        assertThat(quotas.of(CLICKS)).isNull();
        quotas.set(ORDERS, QuotaMode.OFF);
        assertThat(quotas.of(ORDERS)).isNull();

        Quotas strict = new Quotas(QuotaMode.AWS, ticker);
        strict.set(ORDERS, QuotaMode.OFF);
        assertThat(strict.of(ORDERS)).isNull();
        strict.clear(ORDERS);
        assertThat(strict.of(ORDERS)).isNotNull();
    }

    @Test
    void settingTheSameAgainKeepsWhatWasUsedUp() {
        Quotas quotas = Quotas.off(ticker);
        quotas.set(ORDERS, QuotaMode.AWS);
        assertThat(stored(shard(quotas, ORDERS, FIRST), 2_000, 1)).isEqualTo(1_000);
        quotas.set(ORDERS, QuotaMode.AWS);
        assertThat(stored(shard(quotas, ORDERS, FIRST), 1, 1)).isZero();
    }

    @Test
    void aPipePausesUntilItsPaceIsTwoMebibytesASecond() {
        Quotas quotas = Quotas.off(ticker);
        Pace pace = quotas.pace(ORDERS);
        pace.sent(100 * MIB);
        assertThat(pace.pauseNanos()).isZero();

        quotas.set(ORDERS, QuotaMode.AWS);
        long sent = 0;
        long begun = ticker.nanoTime();
        while (sent < 40L * MIB) {
            ticker.pass(Duration.ofNanos(pace.pauseNanos()));
            pace.sent(MIB);
            sent += MIB;
        }
        double seconds = (ticker.nanoTime() - begun) / 1e9;
        assertThat(seconds).isBetween(18.0, 20.0);
    }

    @Test
    void modesAreOffAwsOrAScale() {
        assertThat(QuotaMode.parse("off")).isEqualTo(QuotaMode.OFF);
        assertThat(QuotaMode.parse(" AWS ")).isEqualTo(QuotaMode.AWS);
        assertThat(QuotaMode.parse("0.25").scale()).isEqualTo(0.25);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "on", "0", "-1", "NaN", "1e9", "Infinity", "aws 2"})
    void whatIsNoModeIsRefusedWithAnExplanation(String text) {
        assertThatThrownBy(() -> QuotaMode.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("quotas are off, aws, or a number");
    }

    private static ShardQuota shard(Quotas quotas, StreamName stream, ShardId shard) {
        return requireNonNull(quotas.of(stream)).shard(shard);
    }

    private static int stored(ShardQuota shard, int records, int bytes) {
        int stored = 0;
        for (int i = 0; i < records; i++) {
            stored += shard.takesRecord(bytes) ? 1 : 0;
        }
        return stored;
    }
}
