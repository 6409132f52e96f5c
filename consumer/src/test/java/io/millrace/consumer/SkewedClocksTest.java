package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import io.millrace.model.Bytes;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * LATEST is the moment of the first start by the service's clock: workers whose clocks are wrong by up to a day, and which
 * come and go while the stream splits, skip nothing that is put after it, and read nothing of long before.
 */
final class SkewedClocksTest {
    private static final Duration DAY = Duration.ofDays(1);

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, Long.getLong("seeds", 30));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void latestSkipsNothingThatIsPutOnceAWorkerHasStarted(long seed) {
        WorkerWorld world = new WorkerWorld(seed, 3);
        world.from = Position.latest();
        world.stream().put("key", Bytes.utf8("orders of before"));
        world.sim.run(Duration.ofSeconds(10));
        WorkerCore first = start(world, "a");
        CompletableFuture<Void> started = first.start();
        world.sim.runUntil(started::isDone, Duration.ofSeconds(10));

        // It may be gone before it has made a single lease, and a shard be closed by then.
        world.putSpread(100, Duration.ofSeconds(20));
        if (seed % 2 == 0) {
            world.stream().split(ShardId.of(0));
        }
        world.sim.run(Duration.ofMillis(world.sim.random().nextInt(3000)));
        CompletableFuture<List<LeaseKey>> end = first.close(Duration.ofSeconds(30));
        world.sim.runUntil(end::isDone, Duration.ofMinutes(1));
        world.stream().split(ShardId.of(1));
        for (String name : List.of("b", "c")) {
            world.cores.add(start(world, name));
            CompletableFuture<Void> unused =
                    world.cores.get(world.cores.size() - 1).start();
        }
        world.sim.runUntil(() -> world.put.size() == 100 && world.processed.size() == 100, Duration.ofMinutes(3));

        assertThat(world.processed).as("seed " + seed).isEqualTo(Set.copyOf(world.put));
    }

    private static WorkerCore start(WorkerWorld world, String name) {
        world.skew = Duration.ofMillis(world.sim.random().nextLong(-DAY.toMillis(), DAY.toMillis()));
        return world.core(name);
    }
}
