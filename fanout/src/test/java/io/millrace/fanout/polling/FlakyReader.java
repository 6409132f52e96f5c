package io.millrace.fanout.polling;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.model.Position;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A reader whose answers take time, fail or never come, as the simulation's seed and the given odds decide. */
final class FlakyReader implements ShardReader {
    /** The most records that one read finds. */
    int limit = Integer.MAX_VALUE;

    private final ShardReader reader;
    private final Simulation sim;
    private final int failPercent;
    final List<Duration> readsAt = new ArrayList<>();
    final List<Position> iteratorsAsked = new ArrayList<>();
    int outstanding;

    FlakyReader(ShardReader reader, Simulation sim, int failPercent) {
        this.reader = reader;
        this.sim = sim;
        this.failPercent = failPercent;
    }

    @Override
    public CompletableFuture<ShardIterator> getIterator(Position position) {
        iteratorsAsked.add(position);
        return later(() -> reader.getIterator(position));
    }

    @Override
    public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
        readsAt.add(sim.elapsed());
        return later(() -> reader.getRecords(
                iterator, Math.min(Math.min(limit, this.limit), 1 + sim.random().nextInt(200))));
    }

    private <T> CompletableFuture<T> later(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        int dice = sim.random().nextInt(100);
        boolean failsBefore = dice < failPercent / 2;
        boolean failsAfter = !failsBefore && dice < failPercent;
        if (failPercent > 0 && sim.random().nextInt(500) == 0) {
            return answer;
        }
        ShardReadException.Kind[] kinds = ShardReadException.Kind.values();
        ShardReadException failure =
                new ShardReadException(kinds[sim.random().nextInt(kinds.length)], "made to fail", null);
        sim.at(Duration.ofMillis(1 + sim.random().nextInt(20)), () -> {
            if (failsBefore) {
                answer.completeExceptionally(failure);
                return;
            }
            CompletableFuture<T> real = call.get();
            sim.at(Duration.ofMillis(1 + sim.random().nextInt(20)), () -> {
                if (failsAfter) {
                    answer.completeExceptionally(failure);
                } else {
                    CompletableFuture<T> unused = real.whenComplete((value, error) -> {
                        if (error != null) {
                            answer.completeExceptionally(error);
                        } else {
                            answer.complete(value);
                        }
                    });
                }
            });
        });
        return answer;
    }
}
