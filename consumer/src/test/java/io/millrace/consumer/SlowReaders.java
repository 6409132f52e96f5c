package io.millrace.consumer;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Readers whose answers take virtual time and fail now and then. */
public record SlowReaders(ShardReaders readers, Simulation sim, int failPercent) implements ShardReaders {
    @Override
    public ShardReader reader(StreamName stream, ShardId shard) {
        ShardReader reader = readers.reader(stream, shard);
        return new ShardReader() {
            @Override
            public CompletableFuture<ShardIterator> getIterator(Position position) {
                return later(() -> reader.getIterator(position));
            }

            @Override
            public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
                return later(() -> reader.getRecords(iterator, 1 + sim.random().nextInt(50)));
            }
        };
    }

    private <T> CompletableFuture<T> later(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        sim.at(Duration.ofMillis(1 + sim.random().nextInt(10)), () -> {
            if (sim.random().nextInt(100) < failPercent) {
                answer.completeExceptionally(
                        new ShardReadException(ShardReadException.Kind.TRANSIENT, "made to fail", null));
                return;
            }
            CompletableFuture<T> unused = call.get().whenComplete((value, error) -> {
                if (error != null) {
                    answer.completeExceptionally(error);
                } else {
                    answer.complete(value);
                }
            });
        });
        return answer;
    }
}
