package io.millrace.fanout.polling;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class IdlePaceTest {
    private final IdlePace pace = new IdlePace(Duration.ofMillis(250));

    @Test
    void fewIdleShardsAreReadEveryIdleTime() {
        add(10);
        assertThat(pace.between()).isEqualTo(Duration.ofMillis(250));
    }

    @Test
    void manyIdleShardsShareTheirReads() {
        add(40);
        assertThat(pace.between()).isEqualTo(Duration.ofSeconds(1));
        pace.remove();
        assertThat(pace.between()).isEqualTo(Duration.ofMillis(975));
    }

    @Test
    void noShardWaitsLongerThanThis() {
        add(10_000);
        assertThat(pace.between()).isEqualTo(Duration.ofMillis(1_500));
    }

    @Test
    void idleTimeThatIsLongerThanAllThatStays() {
        IdlePace slow = new IdlePace(Duration.ofSeconds(5));
        for (int i = 0; i < 1_000; i++) {
            slow.add();
        }
        assertThat(slow.between()).isEqualTo(Duration.ofSeconds(5));
    }

    private void add(int shards) {
        for (int i = 0; i < shards; i++) {
            pace.add();
        }
    }
}
