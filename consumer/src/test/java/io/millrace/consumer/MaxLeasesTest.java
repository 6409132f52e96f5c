package io.millrace.consumer;

import static io.millrace.consumer.WorkerWorld.CLICKS;
import static io.millrace.consumer.WorkerWorld.ORDERS;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.millrace.consumer.health.WorkerHealth;
import io.millrace.model.ShardId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Workers that take a number of shards at most, in virtual time. */
class MaxLeasesTest {
    private static final Duration MOMENT = Duration.ofSeconds(5);

    private final Warnings warnings = new Warnings("io.millrace.lease");

    @AfterEach
    void listenNoMore() {
        warnings.close();
    }

    @Test
    void whatNobodyMayTakeIsToldOnceMeasuredAndTakenByTheNextWorker() {
        WorkerWorld world = new WorkerWorld(1, 8);
        world.maxLeases = 3;
        WorkerCore one = world.start("one");
        WorkerCore two = world.start("two");
        world.sim.runUntil(() -> held(one) == 3 && held(two) == 3 && unplaced(world) == 2, MOMENT);
        world.putSpread(400, Duration.ofMinutes(3));
        world.sim.run(Duration.ofMinutes(4));
        assertThat(held(one)).isEqualTo(3);
        assertThat(held(two)).isEqualTo(3);
        assertThat(world.processed.size()).isBetween(1, 399);
        assertThat(warnings.lines())
                .singleElement()
                .asString()
                .contains("leases have no worker", "start more workers or raise their maximum");

        WorkerCore three = world.start("three");
        world.sim.runUntil(() -> held(three) == 2, MOMENT);
        world.sim.runUntil(() -> world.processed.size() == 400, MOMENT);
        assertThat(unplaced(world)).isZero();
        assertThat(world.duplicates).isZero();
    }

    @Test
    void whatFindsRoomWhereShardsEndIsTakenAtOnce() {
        WorkerWorld world = new WorkerWorld(1, 3);
        world.maxLeases = 2;
        WorkerCore core = world.start("one");
        world.sim.runUntil(() -> held(core) == 2, MOMENT);
        assertThat(core.health().shards())
                .extracting(WorkerHealth.ShardHealth::shard)
                .containsExactly(ShardId.of(0), ShardId.of(1));
        world.stream().merge(ShardId.of(0), ShardId.of(1));
        world.sim.runUntil(
                () -> core.health().shards().stream()
                        .map(WorkerHealth.ShardHealth::shard)
                        .toList()
                        .equals(List.of(ShardId.of(2), ShardId.of(3))),
                MOMENT);
        world.sim.runUntil(() -> unplaced(world) == 0, MOMENT);
    }

    @Test
    void whatFindsRoomWhereAStreamIsRemovedIsTakenAtOnce() {
        WorkerWorld world = new WorkerWorld(1, 4);
        world.create(CLICKS, 4);
        world.maxLeases = 4;
        WorkerCore core = world.start("one", ORDERS, CLICKS);
        world.sim.runUntil(() -> held(core) == 4 && unplaced(world) == 4, MOMENT);
        CompletableFuture<Void> removed = core.removeStream(ORDERS);
        world.sim.runUntil(() -> removed.isDone() && WorkerWorld.shards(core, CLICKS) == 4, MOMENT);
        world.sim.runUntil(() -> unplaced(world) == 0, MOMENT);
    }

    private static int held(WorkerCore core) {
        return core.health().shards().size();
    }

    private static double unplaced(WorkerWorld world) {
        return world.meters.find("millrace.lease.unplaced").gauges().stream()
                .mapToDouble(Gauge::value)
                .sum();
    }
}
