package io.millrace.fanout.polling;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fanout.ByteBudget;
import org.junit.jupiter.api.Test;

class PageSizeTest {
    private static final long PLENTY = 1L << 40;

    private final PageSize size = new PageSize();

    @Test
    void firstPageIsSmallBecauseNobodyKnowsWhatRecordsWeigh() {
        assertThat(size.limit(PLENTY)).isEqualTo(256);
        assertThat(size.limit(ByteBudget.SMALL_PAGE)).isEqualTo(64);
    }

    @Test
    void whileMoreIsThereARoomIsFilledByWhatRecordsWeigh() {
        size.read(256, 256 * 424, true);
        assertThat(size.limit(4 << 20)).isEqualTo((4 << 20) / 424);
        assertThat(size.bytesOf(size.limit(4 << 20))).isBetween((4L << 20) - 424, 4L << 20);
        assertThat(size.limit(PLENTY)).isEqualTo(10_000);
    }

    @Test
    void atTheTipItGrowsWithWhatComes() {
        size.read(2_000, 2_000 * 424, false);
        assertThat(size.limit(PLENTY)).isEqualTo(8_000);
        size.read(0, 0, false);
        assertThat(size.limit(PLENTY)).isEqualTo((256 << 10) / 424);
    }

    @Test
    void recordThatNeverFitsIsReadAllTheSame() {
        size.read(1, 10 << 20, true);
        assertThat(size.limit(4 << 20)).isEqualTo(1);
        assertThat(size.limit(0)).isEqualTo(1);
        assertThat(size.limit(-5)).isEqualTo(1);
    }

    @Test
    void recordsThatHoldNothingForThisShardWeighNothing() {
        size.read(100, 0, true);
        assertThat(size.limit(4 << 20)).isEqualTo(10_000);
    }
}
