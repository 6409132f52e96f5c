package io.millrace.lease.coordinator;

import io.millrace.lease.ShardDirectory;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** One worker's way to the stream service: while there are faults answers are late, outdated, errors, or never come. */
final class FaultyDirectory implements ShardDirectory {
    private final Simulation sim;
    private final ShardDirectory inner;
    private final RandomGenerator random;
    private boolean faults = true;

    FaultyDirectory(Simulation sim, ShardDirectory inner, RandomGenerator random) {
        this.sim = sim;
        this.inner = inner;
        this.random = random;
    }

    void heal() {
        faults = false;
    }

    @Override
    public CompletableFuture<StreamIdentity> identify(StreamName stream) {
        return inner.identify(stream);
    }

    @Override
    public CompletableFuture<List<Shard>> listShards(StreamName stream) {
        return late(() -> inner.listShards(stream));
    }

    @Override
    public CompletableFuture<List<Shard>> listShardsSince(StreamName stream, Instant since) {
        return late(() -> inner.listShardsSince(stream, since));
    }

    @Override
    public CompletableFuture<Instant> serviceTime(StreamName stream) {
        return late(() -> inner.serviceTime(stream));
    }

    private <T> CompletableFuture<T> late(Supplier<CompletableFuture<T>> call) {
        int fate = faults ? random.nextInt(10) : 10;
        if (fate == 0) {
            return new CompletableFuture<>();
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        if (fate == 1) {
            sim.at(
                    Duration.ofMillis(random.nextInt(50)),
                    () -> answer.completeExceptionally(new IllegalStateException("the service is busy")));
        } else {
            // What is told was so when it was asked.
            CompletableFuture<T> asked = call.get();
            sim.at(Duration.ofMillis(random.nextInt(fate < 4 ? 700 : 20)), () -> answer.complete(asked.join()));
        }
        return answer;
    }
}
