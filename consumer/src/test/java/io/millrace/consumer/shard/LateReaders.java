package io.millrace.consumer.shard;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Readers whose answers are made at once and come later: now and then after seconds, in which records may have come. */
record LateReaders(ShardReaders readers, Simulation sim) implements ShardReaders {
    @Override
    public ShardReader reader(StreamName stream, ShardId shard) {
        ShardReader reader = readers.reader(stream, shard);
        return new ShardReader() {
            @Override
            public CompletableFuture<ShardIterator> getIterator(Position position) {
                return reader.getIterator(position);
            }

            @Override
            public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
                return late(reader.getRecords(iterator, limit));
            }
        };
    }

    private <T> CompletableFuture<T> late(CompletableFuture<T> answer) {
        CompletableFuture<T> told = new CompletableFuture<>();
        int millis = 1
                + (sim.random().nextInt(20) == 0
                        ? sim.random().nextInt(4_000)
                        : sim.random().nextInt(10));
        CompletableFuture<T> unused = answer.whenComplete((value, error) -> sim.at(Duration.ofMillis(millis), () -> {
            if (error != null) {
                told.completeExceptionally(error);
            } else {
                told.complete(value);
            }
        }));
        return told;
    }
}
