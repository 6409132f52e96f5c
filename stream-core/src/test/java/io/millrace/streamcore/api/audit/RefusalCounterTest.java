package io.millrace.streamcore.api.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalCounterTest {
    private static final Instant MINUTE = Instant.parse("2026-11-21T12:00:00Z");

    private final RefusalCounter counter = new RefusalCounter();

    private int written(Instant time, String source, int times) {
        int written = 0;
        for (int i = 0; i < times; i++) {
            written += counter.isToBeWritten(time, source) ? 1 : 0;
        }
        return written;
    }

    @Test
    void theFirstHundredOfASourceAreWrittenAndTheOthersCounted() {
        assertThat(written(MINUTE, "192.0.2.1", 250)).isEqualTo(100);
        assertThat(written(MINUTE.plusSeconds(59), "192.0.2.2", 100)).isEqualTo(100);
        assertThat(written(MINUTE.plusSeconds(59), "192.0.2.1", 5)).isZero();
        assertThat(counter.end()).containsExactly(new RefusalCount(MINUTE, "192.0.2.1", 155));
        assertThat(counter.end()).isEmpty();
        assertThat(written(MINUTE.plusSeconds(59), "192.0.2.1", 5)).isEqualTo(5);
    }

    @Test
    void aMinuteIsOverWithTheNextAndNotByAClockThatIsAMomentLate() {
        assertThat(counter.isOver(MINUTE)).isFalse();
        written(MINUTE, "192.0.2.1", 1);
        assertThat(counter.isOver(MINUTE.plusSeconds(59))).isFalse();
        assertThat(counter.isOver(MINUTE.minusMillis(1))).isFalse();
        assertThat(counter.isOver(MINUTE.plusSeconds(60))).isTrue();
        assertThat(counter.isOver(MINUTE.minusSeconds(3600))).isTrue();
    }

    @Test
    void linesOfAllSourcesAreBoundedAndSourcesThatAreToldApartToo() {
        int written = 0;
        for (int source = 0; source < 100_000; source++) {
            written +=
                    written(MINUTE, "10." + (source >> 16) + "." + ((source >> 8) & 0xff) + "." + (source & 0xff), 20);
        }
        assertThat(written).isEqualTo(RefusalCounter.LINES);
        List<RefusalCount> counts = counter.end();
        assertThat(counts).hasSizeLessThanOrEqualTo(RefusalCounter.SOURCES + 1);
        assertThat(counts).last().extracting(RefusalCount::source).isEqualTo(RefusalCount.OTHERS);
        assertThat(written + counts.stream().mapToLong(RefusalCount::refusals).sum())
                .isEqualTo(2_000_000);
    }

    @Test
    void addressesOfOneNetworkOfIpv6AreOneSource() {
        int written = 0;
        for (int i = 0; i < 300; i++) {
            written += written(MINUTE, "2001:db8:0:7:" + i + ":0:0:1", 1);
        }
        assertThat(written).isEqualTo(100);
        assertThat(written(MINUTE, "2001:db8:0:8:0:0:0:1", 1)).isEqualTo(1);
        assertThat(counter.end()).containsExactly(new RefusalCount(MINUTE, "2001:db8:0:7::/64", 200));
    }
}
