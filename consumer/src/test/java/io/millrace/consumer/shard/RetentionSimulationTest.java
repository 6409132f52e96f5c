package io.millrace.consumer.shard;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever retention takes before it was read is told, and nothing that was read is lost with it; in {@link RetentionWorld}. */
class RetentionSimulationTest {
    static LongStream seeds() {
        return ShardConsumerSimulationTest.seeds();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyRecordIsProcessedOrToldAsExpired(long seed) {
        new RetentionWorld(seed, ConsumerMutation.NONE).run();
    }
}
