package io.millrace.streamcore.stream.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.stream.scale.PeakLoads.Seen;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeakLoadsTest {
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final long DAY = Duration.ofDays(1).toMillis();
    private static final long START = 20_000 * DAY;

    private final PeakLoads peaks = new PeakLoads();

    @Test
    void aPeakIsToldOnceItIsKnownForThirtyDays() {
        note(0, seen(0, 5_000));
        assertThat(peaks.of(0, START + 30 * DAY - 1)).isEmpty();
        assertThat(peaks.of(0, START + 30 * DAY)).hasValue(0.5);
        assertThat(peaks.of(1, START + 30 * DAY)).isEmpty();
    }

    @Test
    void aPeakIsForgottenAfterThirtyDays() {
        note(0, seen(0, 5_000));
        note(10, seen(0, 2_000));
        note(20, seen(0, 3_000));
        note(30, seen(0, 0));
        assertThat(peaks.of(0, START + 30 * DAY)).hasValue(0.5);
        note(31, seen(0, 0));
        assertThat(peaks.of(0, START + 31 * DAY)).hasValue(0.3);
        note(51, seen(0, 0));
        assertThat(peaks.of(0, START + 51 * DAY)).hasValue(0);
    }

    @Test
    void aMergedShardHasItsParentsPeaksDayByDay() {
        note(0, seen(0, 1_000), seen(1, 2_000));
        note(1, seen(0, 4_000), seen(1, 0));
        note(40, new Seen(2, List.of(0, 1), new ShardLoad(100, 0)));
        assertThat(peaks.of(2, START + 40 * DAY)).hasValue(0.01);
        note(0, seen(3, 1_000), seen(4, 2_000));
        note(1, seen(3, 4_000), seen(4, 0));
        note(2, new Seen(5, List.of(3, 4), ShardLoad.NONE));
        assertThat(peaks.of(5, START + 30 * DAY)).hasValue(0.4);
    }

    @Test
    void forTheHalvesOfASplitTheTimeBeginsAnew() {
        note(0, seen(0, 0));
        note(31, new Seen(1, List.of(0), ShardLoad.NONE), new Seen(2, List.of(0), ShardLoad.NONE));
        assertThat(peaks.of(1, START + 31 * DAY)).isEmpty();
        assertThat(peaks.of(2, START + 61 * DAY)).hasValue(0);
    }

    @Test
    void whatWasForgottenBeginsAnew() {
        note(0, seen(0, 0));
        peaks.forget();
        note(31, seen(0, 0));
        assertThat(peaks.of(0, START + 31 * DAY)).isEmpty();
    }

    private void note(int day, Seen... open) {
        peaks.note(List.of(open), TEN_SECONDS, START + day * DAY);
    }

    /** So many records in ten seconds; a shard takes 10,000. */
    private static Seen seen(int shard, int records) {
        return new Seen(shard, List.of(), new ShardLoad(records, 0));
    }
}
