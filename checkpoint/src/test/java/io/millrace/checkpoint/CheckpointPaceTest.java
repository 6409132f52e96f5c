package io.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CheckpointPaceTest {
    private final Simulation sim = new Simulation(1);
    private final CheckpointPace pace = new CheckpointPace(sim.ticker(), Duration.ofSeconds(1));
    private final List<Object> shards =
            IntStream.range(0, 1_000).mapToObj(shard -> new Object()).toList();

    @Test
    void fewShardsSaveOnceASecond() {
        assertThat(busy(20)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void manyShardsShareTwentyWritesASecond() {
        assertThat(busy(100)).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void noShardWaitsLongerThanTenSeconds() {
        assertThat(busy(1_000)).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void shardsThatHaveBecomeQuietDoNotCount() {
        busy(100);
        sim.run(Duration.ofSeconds(11));
        busy(10);
        sim.run(Duration.ofSeconds(10));
        assertThat(busy(10)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void longerIntervalThanThatStaysAsItIs() {
        CheckpointPace slow = new CheckpointPace(sim.ticker(), Duration.ofSeconds(30));
        assertThat(slow.between(shards.get(0))).isEqualTo(Duration.ofSeconds(30));
    }

    private Duration busy(int number) {
        Duration last = Duration.ZERO;
        for (Object shard : shards.subList(0, number)) {
            last = pace.between(shard);
        }
        return last;
    }
}
