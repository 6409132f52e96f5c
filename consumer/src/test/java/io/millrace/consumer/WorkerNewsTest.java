package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.millrace.model.Bytes;
import io.millrace.model.ShardId;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The lines of a healthy worker at INFO. */
class WorkerNewsTest {
    @Test
    void everyShardThatComesAndGoesIsOneLineThatSaysWhereItBegins() {
        WorkerWorld world = new WorkerWorld(1, 1, 0);
        try (Warnings log = new Warnings("io.millrace.consumer", Level.INFO)) {
            WorkerCore core = world.start("a");
            world.put.add(world.stream().put("key", Bytes.utf8("orders 1")));
            world.sim.runUntil(() -> world.processed.size() == 1, Duration.ofSeconds(10));
            world.stop(core);
            WorkerCore second = world.start("b");
            world.sim.runUntil(() -> WorkerWorld.shards(second, WorkerWorld.ORDERS) == 1, Duration.ofSeconds(10));
            world.stream().split(ShardId.of(0));
            world.sim.runUntil(() -> WorkerWorld.shards(second, WorkerWorld.ORDERS) == 2, Duration.ofSeconds(10));
            world.sim.run(Duration.ofSeconds(1));
            assertThat(log.lines())
                    .containsExactly(
                            "a took orders/shardId-000000000000, epoch 1: begins at trim_horizon",
                            "a gave back orders/shardId-000000000000, epoch 1: released",
                            "b took orders/shardId-000000000000, epoch 2: begins after "
                                    + world.put.get(0).sequenceNumber(),
                            "b ended orders/shardId-000000000000, epoch 2: followed by [shardId-000000000001,"
                                    + " shardId-000000000002]",
                            "b took orders/shardId-000000000001, epoch 1: begins at trim_horizon",
                            "b took orders/shardId-000000000002, epoch 1: begins at trim_horizon");
        }
    }

    @Test
    void manyAtOnceAreSummedUp() {
        WorkerWorld world = new WorkerWorld(1, 500, 0);
        try (Warnings log = new Warnings("io.millrace.consumer", Level.INFO)) {
            WorkerCore core = world.start("a");
            world.sim.runUntil(() -> WorkerWorld.shards(core, WorkerWorld.ORDERS) == 500, Duration.ofSeconds(30));
            world.sim.run(WorkerNews.WINDOW);
            assertThat(log.lines()).hasSize(WorkerNews.LINES + 1);
            assertThat(log.lines().get(WorkerNews.LINES)).isEqualTo("a took 480 more shards within 5 s: {orders=480}");
        }
    }
}
