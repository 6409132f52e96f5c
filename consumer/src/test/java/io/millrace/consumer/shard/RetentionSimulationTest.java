package io.millrace.consumer.shard;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever retention takes before it was read is told, and nothing that was read is lost with it; in {@link RetentionWorld}. */
class RetentionSimulationTest {
    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        long first = Long.getLong("first", 0);
        return replay != null ? LongStream.of(replay) : LongStream.range(first, first + Long.getLong("seeds", 30));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyRecordIsProcessedOrToldAsExpired(long seed) {
        new RetentionWorld(seed, ConsumerMutation.NONE).run();
    }
}
