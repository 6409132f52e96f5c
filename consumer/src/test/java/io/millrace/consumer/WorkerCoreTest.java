package io.millrace.consumer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.health.WorkerHealth;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStatus;
import io.millrace.model.Bytes;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole workers in virtual time, over the twins in memory of table and stream. */
class WorkerCoreTest {
    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, Long.getLong("seeds", 25));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void workersThatJoinAndLeaveProcessEveryRecordExactlyOnceAndInOrder(long seed) {
        WorkerWorld world = new WorkerWorld(seed, 4);
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
        assertThat(world.processed).as("seed " + seed).hasSameElementsAs(world.put);
        assertThat(world.duplicates).as("seed " + seed).isZero();
        world.checkOrderPerKey();
    }

    @Test
    void aMissingStreamFailsTheStartWithOneClearLine() {
        WorkerWorld world = new WorkerWorld(1, 1);
        world.delete(WorkerWorld.ORDERS);
        WorkerCore core = world.core("a");
        CompletableFuture<Void> started = core.start();
        world.sim.runUntil(started::isDone, Duration.ofSeconds(30));
        assertThat(started).isCompletedExceptionally();
        assertThat(failureOf(started)).hasMessageContaining("stream orders does not exist");
        assertThat(core.ended()).isDone();
        assertThat(core.health().running()).isFalse();
    }

    @Test
    void latestMeansTheFirstStartAndNoneOfTheMovesAfterIt() {
        WorkerWorld world = new WorkerWorld(1, 2);
        world.from = Position.latest();
        world.stream().put("key", Bytes.utf8("too early"));
        world.sim.run(Duration.ofSeconds(1));
        WorkerCore first = world.start("a");
        world.sim.run(Duration.ofSeconds(3));
        CompletableFuture<List<LeaseKey>> end = first.close(Duration.ofSeconds(30));
        world.sim.runUntil(end::isDone, Duration.ofSeconds(30));
        world.putSpread(100, Duration.ofSeconds(1));
        world.sim.run(Duration.ofSeconds(2));
        world.start("b");
        world.sim.runUntil(() -> world.processed.size() == 100, Duration.ofMinutes(1));
        assertThat(world.processed).isEqualTo(Set.copyOf(world.put));
    }

    @Test
    void eventsTellTheLifeOfAWorker() {
        WorkerWorld world = new WorkerWorld(1, 2);
        WorkerCore core = world.start("a");
        world.sim.run(Duration.ofSeconds(3));
        world.stream().split(ShardId.of(0));
        world.sim.run(Duration.ofSeconds(3));
        CompletableFuture<List<LeaseKey>> end = core.close(Duration.ofSeconds(30));
        world.sim.runUntil(end::isDone, Duration.ofSeconds(30));
        List<String> names = world.events.stream()
                .map(event -> event.getClass().getSimpleName())
                .toList();
        assertThat(names)
                .containsExactly(
                        "Started",
                        "LeaseTaken",
                        "LeaseTaken",
                        "ShardEnded",
                        "LeaseTaken",
                        "LeaseTaken",
                        "LeaseLost",
                        "LeaseLost",
                        "LeaseLost",
                        "Stopped");
        assertThat(world.events)
                .filteredOn(WorkerEvent.LeaseLost.class::isInstance)
                .allMatch(event -> ((WorkerEvent.LeaseLost) event).released());
    }

    @Test
    void aBatchThatThrowsIsRetriedShownAndNeverPassed() {
        WorkerWorld world = new WorkerWorld(1, 1);
        world.throwsLeft = 5;
        WorkerCore core = world.start("a");
        world.sim.run(Duration.ofSeconds(2));
        world.putSpread(10, Duration.ofMillis(1));
        world.sim.runUntil(() -> world.throwsLeft == 3, Duration.ofSeconds(10));
        world.sim.run(Duration.ofMillis(20));
        WorkerHealth.ShardHealth shard = core.health().shards().get(0);
        assertThat(core.health().healthy()).isFalse();
        assertThat(shard.isFailing()).isTrue();
        assertThat(shard.failure().orElseThrow())
                .startsWith("processRecords threw java.lang.IllegalStateException at")
                .doesNotContain("secret");
        WorkerHealth.Failing failing = shard.failing().orElseThrow();
        assertThat(failing.times()).isEqualTo(2);
        assertThat(failing.batch().orElseThrow().records()).isBetween(1, 10);
        world.sim.runUntil(() -> world.processed.size() == 10, Duration.ofMinutes(1));
        world.sim.run(Duration.ofMillis(20));
        assertThat(core.health().healthy()).isTrue();
        assertThat(world.duplicates).isZero();
        assertThat(world.meters.get("millrace.batch.failures").counter().count())
                .isEqualTo(5);
        assertThat(world.meters.get("millrace.records.processed").counter().count())
                .isEqualTo(10);
        assertThat(world.meters.get("millrace.behind.latest").timeGauge().value())
                .isZero();
    }

    @Test
    void troubleOfAShardIsToldInTheTableAndTakenBackWhenItIsOver() {
        WorkerWorld world = new WorkerWorld(1, 2, 0);
        world.start("a");
        world.stuck.add(ShardId.of(1));
        world.sim.run(Duration.ofSeconds(2));
        world.putSpread(40, Duration.ofMillis(1));
        world.sim.run(Duration.ofSeconds(20));

        List<LeaseStatus> told = world.table.listHealth().join().get(0).statuses();
        assertThat(told).hasSize(1);
        LeaseStatus status = told.get(0);
        LeaseStatus.Failure failure = status.failure().orElseThrow();
        assertThat(status.key()).isEqualTo(new LeaseKey(WorkerWorld.ORDERS, ShardId.of(1)));
        assertThat(status.doing()).isEqualTo("BATCH_FAILED");
        assertThat(status.behind()).as("%s", told).isBetween(Duration.ofSeconds(14), Duration.ofSeconds(21));
        assertThat(failure.what()).startsWith("processRecords threw java.lang.IllegalStateException at");
        assertThat(failure.times()).isGreaterThan(2);
        assertThat(failure.batch().orElseThrow().records()).isGreaterThan(5);

        world.stuck.clear();
        world.sim.runUntil(() -> world.processed.size() == 40, Duration.ofMinutes(1));
        world.sim.run(Duration.ofSeconds(10));
        assertThat(world.table.listHealth().join().get(0).statuses()).isEmpty();
    }

    @Test
    void workerThatCannotReachItsTableIsNotHealthyUntilItHasJoinedAgain() {
        WorkerWorld world = new WorkerWorld(1, 2);
        WorkerCore core = world.start("a");
        world.sim.run(Duration.ofSeconds(5));
        assertThat(core.health().healthy()).isTrue();
        world.tableIsSilent = true;
        world.sim.run(Duration.ofSeconds(20));
        assertThat(core.health().running()).isTrue();
        assertThat(core.health().member()).isFalse();
        assertThat(core.health().healthy()).isFalse();
        world.tableIsSilent = false;
        world.sim.run(Duration.ofMinutes(2));
        assertThat(core.health().healthy()).isTrue();
        assertThat(core.health().shards()).hasSize(2);
    }

    static Throwable failureOf(CompletableFuture<?> future) {
        return requireNonNull(future.handle((value, error) -> error).join());
    }
}
