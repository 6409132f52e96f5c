package io.millrace.consumer;

import static io.millrace.consumer.WorkerWorld.ORDERS;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Shards that follow each other, and what becomes of them while no worker looks, in virtual time. */
class LineageTest {
    private static final Duration MOMENT = Duration.ofSeconds(5);
    private static final Duration RETENTION = Duration.ofHours(24);

    @Test
    void theChildOfAMergeBeginsWhenBothParentsAreProcessed() {
        WorkerWorld world = new WorkerWorld(1, 2, 0);
        WorkerCore one = world.start("one");
        WorkerCore two = world.start("two");
        world.sim.runUntil(() -> held(one) == 1 && held(two) == 1, MOMENT);
        world.stuck.add(ShardId.of(1));
        for (int i = 0; i < 20; i++) {
            putNow(world, "before " + i);
        }
        world.stream().merge(ShardId.of(0), ShardId.of(1));
        putNow(world, "after");
        world.sim.run(Duration.ofMinutes(2));
        assertThat(texts(world.processed)).doesNotContain("orders after");
        assertThat(ended(world)).containsExactly(ShardId.of(0));
        world.stuck.clear();
        world.sim.runUntil(() -> world.processed.size() == 21, Duration.ofMinutes(1));
        assertThat(ended(world)).containsExactly(ShardId.of(0), ShardId.of(1));
        assertThat(held(one) + held(two)).isEqualTo(1);
    }

    @Test
    void recordsThatExpiredWhileNoWorkerRanAreToldOnceAndTheRestIsRead() {
        WorkerWorld world = new WorkerWorld(1, 1, 0);
        WorkerCore first = world.start("first");
        world.putAndAwait(ORDERS, 10);
        world.stop(first);
        StreamRecord lastRead = world.put.get(9);
        for (int hour = 0; hour < 30; hour++) {
            world.sim.run(Duration.ofHours(1));
            putNow(world, "hour " + hour);
        }
        world.stream().trim(world.sim.clock().instant().minus(RETENTION));
        List<StreamRecord> kept = List.copyOf(world.put.subList(15, 40));
        Set<StreamRecord> expected = new HashSet<>(world.put.subList(0, 10));
        expected.addAll(kept);

        try (Warnings warnings = new Warnings("io.millrace.consumer")) {
            WorkerCore second = world.start("second");
            world.sim.runUntil(() -> world.processed.size() == expected.size(), Duration.ofMinutes(1));
            world.sim.run(Duration.ofMinutes(10));
            assertThat(warnings.lines())
                    .singleElement()
                    .asString()
                    .contains(
                            "orders/shardId-000000000000",
                            "passed retention",
                            "whatever else arrived from",
                            "(6 h 0 min)",
                            "reading goes on there");
            // Who goes on from there has nothing to tell.
            world.stop(second);
            world.start("third");
            world.putAndAwait(ORDERS, 5, 5);
            assertThat(warnings.lines()).hasSize(1);
        }
        assertThat(world.processed).containsAll(expected);
        assertThat(world.duplicates).isZero();
        assertThat(world.events)
                .filteredOn(WorkerEvent.RecordsExpired.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(WorkerEvent.RecordsExpired.class, expired -> {
                    assertThat(expired.from().orElseThrow())
                            .isBetween(lastRead.arrival().minusSeconds(1), lastRead.arrival());
                    assertThat(expired.until()).contains(kept.get(0).arrival());
                });
        assertThat(world.meters
                        .get("millrace.records.expired")
                        .tag("stream", "orders")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void aShardWithoutRecordsForDaysIsNoLoss() {
        WorkerWorld world = new WorkerWorld(1, 1, 0);
        WorkerCore first = world.start("first");
        world.putAndAwait(ORDERS, 10);
        world.stop(first);
        world.sim.run(Duration.ofHours(30));
        world.stream().trim(world.sim.clock().instant().minus(RETENTION));
        try (Warnings warnings = new Warnings("io.millrace.consumer")) {
            world.start("second");
            world.sim.run(MOMENT);
            world.putAndAwait(ORDERS, 10);
            assertThat(warnings.lines()).isEmpty();
        }
    }

    @Test
    void aLeaseWhoseShardAndChildrenAreGoneEndsAndWhatIsLeftOfTheStreamIsRead() {
        WorkerWorld world = new WorkerWorld(1, 2, 0);
        WorkerCore first = world.start("first");
        world.putAndAwait(ORDERS, 40);
        world.stop(first);
        world.stream().split(ShardId.of(0));
        putNow(world, "never read");
        world.sim.run(Duration.ofHours(1));
        world.stream().split(ShardId.of(2));
        world.stream().split(ShardId.of(3));
        world.sim.run(Duration.ofHours(25));
        world.stream().trim(world.sim.clock().instant().minus(RETENTION));
        assertThat(world.stream().shards())
                .extracting(shard -> shard.id().value())
                .hasSize(5);
        int before = world.put.size();
        for (int i = 0; i < 50; i++) {
            putNow(world, "kept " + i);
        }
        try (Warnings warnings = new Warnings("io.millrace.consumer")) {
            WorkerCore second = world.start("second");
            world.sim.runUntil(
                    () -> world.processed.containsAll(world.put.subList(before, before + 50)) && held(second) == 5,
                    Duration.ofMinutes(2));
            assertThat(warnings.lines())
                    .filteredOn(line -> line.startsWith("orders/shardId-000000000000: "))
                    .singleElement()
                    .asString()
                    .contains("no longer has this shard", "passed retention");
        }
        assertThat(ended(world)).containsExactly(ShardId.of(0));
        assertThat(world.events)
                .filteredOn(event -> event instanceof WorkerEvent.RecordsExpired expired
                        && expired.shard().equals(ShardId.of(0)))
                .singleElement()
                .isInstanceOfSatisfying(
                        WorkerEvent.RecordsExpired.class,
                        expired -> assertThat(expired.until()).isEmpty());
        world.sim.run(Duration.ofMinutes(3));
        assertThat(world.table.listLeases().join())
                .as("the row of the shard that is gone")
                .hasSize(5);
    }

    @Test
    void whatRetentionTookOfAParentThatClosedMeanwhileIsToldOnce() {
        WorkerWorld world = new WorkerWorld(1, 1, 0);
        WorkerCore first = world.start("first");
        world.putAndAwait(ORDERS, 10);
        world.stop(first);
        world.sim.run(Duration.ofHours(1));
        putNow(world, "missed");
        world.sim.run(Duration.ofHours(1));
        world.stream().split(ShardId.of(0));
        world.sim.run(Duration.ofHours(23).plusMinutes(30));
        world.stream().trim(world.sim.clock().instant().minus(RETENTION));
        assertThat(world.stream().shards()).as("the parent is still listed").hasSize(3);
        world.start("second");
        world.sim.runUntil(() -> world.cores.get(1).health().shards().size() == 2, Duration.ofMinutes(1));
        world.sim.run(Duration.ofMinutes(10));
        assertThat(expired(world)).singleElement().satisfies(told -> {
            assertThat(told.shard()).isEqualTo(ShardId.of(0));
            assertThat(told.from().orElseThrow())
                    .isBetween(
                            world.put.get(9).arrival().minusSeconds(1),
                            world.put.get(9).arrival());
            assertThat(told.until()).isEmpty();
        });
    }

    @Test
    void whatRetentionTookOfChildrenThatNobodyHadBegunIsToldOnceForEach() {
        WorkerWorld world = new WorkerWorld(1, 1, 0);
        WorkerCore first = world.start("first");
        world.putAndAwait(ORDERS, 10);
        world.stop(first);
        world.stream().split(ShardId.of(0));
        for (int i = 0; i < 20; i++) {
            putNow(world, "missed " + i);
        }
        world.sim.run(Duration.ofHours(20));
        for (int i = 0; i < 20; i++) {
            putNow(world, "kept " + i);
        }
        Instant kept = world.sim.clock().instant();
        world.sim.run(Duration.ofHours(5));
        world.stream().trim(world.sim.clock().instant().minus(RETENTION));
        WorkerCore second = world.start("second");
        world.sim.runUntil(() -> world.processed.size() == 30, Duration.ofMinutes(1));
        world.stop(second);
        world.start("third");
        world.sim.run(Duration.ofMinutes(10));
        assertThat(expired(world))
                .extracting(WorkerEvent.RecordsExpired::shard)
                .containsExactlyInAnyOrder(ShardId.of(0), ShardId.of(1), ShardId.of(2));
        assertThat(expired(world))
                .filteredOn(told -> !told.shard().equals(ShardId.of(0)))
                .allSatisfy(told -> {
                    assertThat(told.from().orElseThrow())
                            .isBeforeOrEqualTo(world.put.get(10).arrival());
                    assertThat(told.until()).contains(kept);
                });
    }

    @Test
    void shardsThatCameAndWentWhileNoWorkerRanAreToldOnce() {
        WorkerWorld world = new WorkerWorld(1, 1, 0);
        WorkerCore first = world.start("first");
        world.putAndAwait(ORDERS, 10);
        world.stop(first);
        world.stream().split(ShardId.of(0));
        for (int i = 0; i < 20; i++) {
            putNow(world, "missed " + i);
        }
        world.sim.run(Duration.ofHours(1));
        world.stream().split(ShardId.of(1));
        world.sim.run(Duration.ofHours(30));
        world.stream().trim(world.sim.clock().instant().minus(RETENTION));
        world.start("second");
        world.sim.run(Duration.ofMinutes(10));
        world.start("third");
        world.sim.run(Duration.ofMinutes(10));
        assertThat(expired(world))
                .extracting(told -> told.shard().value())
                .containsExactlyInAnyOrder(
                        "shardId-000000000000",
                        "shardId-000000000001",
                        "shardId-000000000002",
                        "shardId-000000000003",
                        "shardId-000000000004");
    }

    @Test
    void splitsAndMovesInTimeAreNoLoss() {
        WorkerWorld world = new WorkerWorld(1, 2, 0);
        WorkerCore first = world.start("first");
        world.putAndAwait(ORDERS, 10);
        world.stream().split(ShardId.of(0));
        world.sim.run(MOMENT);
        world.stop(first);
        world.stream().split(ShardId.of(1));
        world.sim.run(Duration.ofHours(20));
        world.start("second");
        world.sim.run(MOMENT);
        world.putAndAwait(ORDERS, 10);
        assertThat(expired(world)).isEmpty();
    }

    @Test
    void anotherInitialPositionAtALaterStartChangesNothingAndIsTold() {
        WorkerWorld world = new WorkerWorld(1, 2, 0);
        for (int i = 0; i < 20; i++) {
            putNow(world, "before " + i);
        }
        WorkerCore first = world.start("first");
        world.sim.runUntil(() -> world.processed.size() == 20, MOMENT);
        world.stop(first);
        world.stream().split(ShardId.of(0));
        for (int i = 0; i < 20; i++) {
            putNow(world, "between " + i);
        }
        world.sim.run(MOMENT);
        world.from = Position.latest();
        try (Warnings told = new Warnings("io.millrace.lease.coordinator")) {
            world.start("second");
            world.sim.runUntil(() -> world.processed.size() == 40, MOMENT);
            assertThat(told.lines())
                    .filteredOn(line -> line.contains("is not used"))
                    .singleElement()
                    .asString()
                    .contains("Stream orders began at trim_horizon", "the setting latest");
        }
        assertThat(world.duplicates).isZero();
    }

    private static List<WorkerEvent.RecordsExpired> expired(WorkerWorld world) {
        return world.events.stream()
                .filter(WorkerEvent.RecordsExpired.class::isInstance)
                .map(WorkerEvent.RecordsExpired.class::cast)
                .toList();
    }

    private static void putNow(WorkerWorld world, String text) {
        world.put.add(world.stream().put(text, Bytes.utf8("orders " + text)));
    }

    private static List<String> texts(Set<StreamRecord> records) {
        return records.stream().map(record -> record.data().toUtf8()).toList();
    }

    private static List<ShardId> ended(WorkerWorld world) {
        return world.events.stream()
                .filter(WorkerEvent.ShardEnded.class::isInstance)
                .map(event -> ((WorkerEvent.ShardEnded) event).shard())
                .toList();
    }

    private static int held(WorkerCore core) {
        return core.health().shards().size();
    }
}
