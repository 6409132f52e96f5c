package io.millrace.consumer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fanout.pipe.PipeEnd;
import io.millrace.fanout.pipe.ShardPipes;
import io.millrace.model.Bytes;
import io.millrace.model.ShardId;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole workers that read by pipes, in virtual time, over the twins in memory of table, stream and subscriptions. */
class PipedWorkersTest {
    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, Long.getLong("seeds", 25));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void workersThatJoinAndLeaveProcessEveryRecordExactlyOnceAndInOrderWhateverHappensToThePipes(long seed) {
        WorkerWorld world = world(seed, 4, 15);
        WorkerCore first = world.start("a");
        world.putSpread(1_000, Duration.ofSeconds(40));
        world.sim.at(Duration.ofSeconds(5), () -> world.start("b"));
        world.sim.at(Duration.ofSeconds(8), () -> world.start("c"));
        world.sim.at(Duration.ofSeconds(12), () -> world.stream().split(ShardId.of(1)));
        world.sim.at(Duration.ofSeconds(16), () -> world.closed.add(first.close(Duration.ofSeconds(30))));
        world.sim.at(Duration.ofSeconds(20), () -> world.stream().merge(ShardId.of(2), ShardId.of(3)));
        world.sim.at(
                Duration.ofSeconds(26),
                () -> world.closed.add(world.cores.get(1).close(Duration.ofSeconds(30))));
        world.sim.runUntil(() -> world.put.size() == 1_000 && world.processed.size() == 1_000, Duration.ofMinutes(3));
        assertThat(world.closed)
                .as("seed " + seed)
                .hasSize(2)
                .allMatch(end -> end.isDone() && end.join().isEmpty());
        assertThat(world.duplicates).as("seed " + seed).isZero();
        world.checkOrderPerKey();
        assertThat(counted(world, "millrace.pipe.records")).as("seed " + seed).isPositive();
    }

    @Test
    void shardStandsStillForLessThanHalfASecondInAPlannedMove() {
        WorkerWorld world = world(1, 2, 0);
        world.start("a");
        world.sim.run(Duration.ofSeconds(1));
        world.start("b");
        world.sim.runUntil(
                () -> world.cores.stream()
                        .allMatch(core -> core.health().shards().size() == 1),
                Duration.ofSeconds(30));
        // The old owner's subscription keeps the new one out for five seconds; the bridge does not wait for that.
        world.putSpread(20, Duration.ofMillis(1));
        world.sim.runUntil(() -> world.processed.size() == 20, Duration.ofMillis(500));
        double bridged = counted(world, "millrace.pipe.bridged.records");
        assertThat(bridged).isPositive();
        world.sim.run(Duration.ofSeconds(15));
        world.putAndAwait(WorkerWorld.ORDERS, 50);
        assertThat(counted(world, "millrace.pipe.bridged.records")).isEqualTo(bridged);
        assertThat(world.duplicates).isZero();
    }

    @Test
    void shardsAreHealthyAndPolledWhileTheConsumerIsGoneAndGoBackToPipes() {
        WorkerWorld world = world(1, 2, 0);
        WorkerCore core = world.start("a");
        try (Warnings warnings = new Warnings("io.millrace.consumer")) {
            world.sim.run(Duration.ofSeconds(10));
            world.pipes(WorkerWorld.ORDERS).delete();
            world.sim.run(Duration.ofMillis(700));
            world.putAndAwait(WorkerWorld.ORDERS, 100);
            assertThat(core.health().healthy()).isTrue();
            assertThat(warnings.lines()).hasSize(1).first().asString().contains("orders has no pipe (GONE)");
            world.pipes(WorkerWorld.ORDERS).accept();
            world.sim.run(Duration.ofMinutes(1));
            double bridged = counted(world, "millrace.pipe.bridged.records");
            world.putAndAwait(WorkerWorld.ORDERS, 100);
            assertThat(counted(world, "millrace.pipe.bridged.records")).isEqualTo(bridged);
        }
        assertThat(world.duplicates).isZero();
    }

    @Test
    void streamThatIsMadeAnewUnderItsNameIsNotReadThroughPipes() {
        WorkerWorld world = world(1, 2, 0);
        WorkerCore core = world.start("a");
        world.putAndAwait(WorkerWorld.ORDERS, 20);
        world.sim.run(Duration.ofSeconds(10));
        world.delete(WorkerWorld.ORDERS);
        world.create(WorkerWorld.ORDERS, 2);
        for (int i = 0; i < 20; i++) {
            world.stream().put("key-" + i, Bytes.utf8("orders of another stream"));
        }
        world.sim.runUntil(() -> core.ended().isDone(), Duration.ofMinutes(2));
        assertThat(core.failure().orElseThrow()).contains("stream orders was deleted");
        assertThat(world.processed).hasSize(20);
    }

    @Test
    void workerThatEndsLeavesNoSubscriptionOpen() {
        WorkerWorld world = world(1, 2, 0);
        WorkerCore core = world.start("a");
        world.sim.run(Duration.ofSeconds(10));
        world.stop(core);
        world.sim.run(Duration.ofSeconds(1));
        world.pipes(WorkerWorld.ORDERS).delete();
        assertThat(world.pipes(WorkerWorld.ORDERS).ends())
                .extracting(PipeEnd::kind)
                .isEmpty();
    }

    @Test
    void errorInAPipeEndsTheConsumerOfItsShardAloneAndTheShardIsBegunAgain() {
        WorkerWorld world = world(1, 2, 0);
        world.sim.bearContainedErrors();
        AtomicInteger errorsLeft = new AtomicInteger(2);
        world.services = backend -> {
            ShardPipes pipes = requireNonNull(backend.pipesOrNull());
            ShardPipes broken = (stream, shard, from, listener) -> {
                if (shard.equals(ShardId.of(0)) && errorsLeft.getAndDecrement() > 0) {
                    throw new IllegalStateException("made on purpose");
                }
                return pipes.subscribe(stream, shard, from, listener);
            };
            return new WorkerBackend(backend.table(), backend.directory(), backend.readers(), broken);
        };
        try (Warnings warnings = new Warnings("io.millrace.consumer")) {
            WorkerCore core = world.start("a");
            world.putAndAwait(WorkerWorld.ORDERS, 100);
            assertThat(warnings.lines()).hasSize(2).allMatch(line -> line.contains("shardId-000000000000"));
            assertThat(core.health().healthy()).isTrue();
        }
        assertThat(world.events)
                .filteredOn(WorkerEvent.ConsumerFailed.class::isInstance)
                .hasSize(2);
        assertThat(world.duplicates).isZero();
    }

    private static WorkerWorld world(long seed, int shards, int faultPercent) {
        WorkerWorld world = new WorkerWorld(seed, shards, faultPercent == 0 ? 0 : 5);
        world.isFanOut = true;
        world.pipeFaultPercent = faultPercent;
        return world;
    }

    private static double counted(WorkerWorld world, String name) {
        return world.meters.get(name).counter().count();
    }
}
