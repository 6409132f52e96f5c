package io.millrace.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.consumer.health.ShardPhase;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.ShardId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever throws on a worker's loop: no shard stays held and dead. Whole workers in virtual time. */
class ContainmentTest {
    private final WorkerWorld world = new WorkerWorld(1, 2, 0);

    private final Warnings log = new Warnings("io.millrace");

    @BeforeEach
    void bearErrors() {
        world.sim.bearContainedErrors();
    }

    @AfterEach
    void endLog() {
        log.close();
    }

    @Test
    void listenerErrorsStopNeitherShardsNorTheClose() {
        world.listener = event -> {
            throw new AssertionError("thrown by the listener at " + event);
        };
        WorkerCore core = world.start("a");
        world.putAndAwait(WorkerWorld.ORDERS, 100);
        CompletableFuture<List<LeaseKey>> end = core.close(Duration.ofSeconds(20));
        world.sim.runUntil(end::isDone, Duration.ofSeconds(5));
        assertThat(end.join()).isEmpty();
        assertThat(world.duplicates).isZero();
    }

    @Test
    void registryThatRefusesStopsNoShard() {
        world.registry = new SimpleMeterRegistry();
        world.registry.config().meterFilter(MeterFilter.replaceTagValues("stream", value -> {
            throw new IllegalStateException("refused");
        }));
        world.start("a");
        world.putAndAwait(WorkerWorld.ORDERS, 100);
    }

    @Test
    void threadsThatCannotBeMadeAreAskedForAgain() {
        AtomicInteger refusals = new AtomicInteger(7);
        world.platform = new TroubledPlatform(world.sim, () -> refusals.getAndDecrement() > 0);
        WorkerCore core = world.start("a");
        world.putAndAwait(WorkerWorld.ORDERS, 100);
        assertThat(refusals).hasNegativeValue();
        assertThat(core.health().healthy()).isTrue();
        assertThat(core.failure()).isEmpty();
    }

    @Test
    void consumerThatBreaksSaysSoGivesItsLeaseBackAndIsBegunAgain() {
        AtomicInteger calls = new AtomicInteger();
        world.services = backend -> ThrowingServices.around(
                backend,
                () -> {
                    if (calls.incrementAndGet() == 200) {
                        throw new AssertionError("a bug, made on purpose");
                    }
                },
                () -> {});
        WorkerCore core = world.start("a");
        world.putAndAwait(WorkerWorld.ORDERS, 300);
        world.sim.runUntil(() -> failed().size() == 1, Duration.ofMinutes(2));
        assertThat(core.health().healthy()).isFalse();
        world.sim.runUntil(
                () -> core.health().healthy() && WorkerWorld.shards(core, WorkerWorld.ORDERS) == 2,
                Duration.ofSeconds(10));
        world.putAndAwait(WorkerWorld.ORDERS, 300);
        assertThat(log.lines())
                .singleElement()
                .asString()
                .contains("orders/" + failed().get(0).shard(), "failures in a row: 1", "is begun again");
        assertThat(failed())
                .singleElement()
                .satisfies(event -> assertThat(event.reason())
                        .contains("java.lang.AssertionError")
                        .doesNotContain("made on purpose"));
        assertThat(world.duplicates).as("records that come again").isZero();
        assertThat(world.meters.get("millrace.consumer.failures").counter().count())
                .isEqualTo(1);
    }

    @Test
    void consumerThatBreaksAgainAndAgainWaitsLongerEachTimeAndTheOthersGoOn() {
        ShardId broken = ShardId.of(0);
        world.services = backend -> WorkerWorld.withReaders(backend, (stream, shard) -> {
            if (shard.equals(broken)) {
                throw new IllegalStateException("no reader for this shard");
            }
            return backend.readers().reader(stream, shard);
        });
        WorkerCore core = world.start("a");
        world.putSpread(200, Duration.ofMinutes(5));
        world.sim.run(Duration.ofMinutes(6));
        assertThat(failed())
                .hasSizeBetween(5, 15)
                .allMatch(event -> event.shard().equals(broken));
        assertThat(core.health().healthy()).isFalse();
        assertThat(core.health().shards())
                .filteredOn(shard -> shard.shard().equals(broken))
                .singleElement()
                .satisfies(shard -> {
                    assertThat(shard.state()).isEqualTo(ShardPhase.BROKEN);
                    assertThat(shard.failure().orElseThrow()).contains("an error in the worker ended its consumer");
                });
        assertThat(world.processed).hasSameElementsAs(world.stream().recordsOf(ShardId.of(1)));
    }

    @Test
    void errorThatTryingAgainDoesNotMendStopsTheWorkerInOneLine() {
        world.services = backend -> ThrowingServices.around(
                backend,
                () -> {
                    throw new NoSuchMethodError("getRecords of another version");
                },
                () -> {});
        WorkerCore core = world.start("a");
        world.sim.runUntil(core.ended()::isDone, Duration.ofMinutes(1));
        assertThat(core.failure().orElseThrow())
                .isEqualTo("worker a stops after an error that trying again does not mend:"
                        + " java.lang.NoSuchMethodError: getRecords of another version");
        assertThat(world.table.listLeases().join())
                .allMatch(lease -> lease.owner().isEmpty());
    }

    @Test
    void workerWhoseLoopStandsStillLosesItsShardsToOthers() {
        TroubledPlatform platform = new TroubledPlatform(world.sim, () -> false);
        world.platform = platform;
        WorkerCore first = world.start("a");
        world.sim.run(Duration.ofSeconds(3));
        WorkerCore second = world.start("b");
        world.sim.runUntil(() -> WorkerWorld.shards(second, WorkerWorld.ORDERS) == 1, Duration.ofSeconds(10));
        platform.workerLoops.get(0).stall();
        world.putSpread(100, Duration.ofSeconds(1));
        world.sim.runUntil(() -> world.processed.size() == 100, Duration.ofSeconds(25));
        assertThat(WorkerWorld.shards(second, WorkerWorld.ORDERS)).isEqualTo(2);

        platform.workerLoops.get(0).goOn();
        world.sim.runUntil(
                () -> WorkerWorld.shards(first, WorkerWorld.ORDERS) == 1
                        && WorkerWorld.shards(second, WorkerWorld.ORDERS) == 1,
                Duration.ofSeconds(20));
        world.putAndAwait(WorkerWorld.ORDERS, 100);
    }

    @Test
    void errorInTheWorkerItselfEndsItAsIfItWereClosed() {
        WorkerCore core = world.start("a");
        world.putAndAwait(WorkerWorld.ORDERS, 100);
        // A stream that is none breaks the worker's own task.
        CompletableFuture<Void> broken = core.addStream(nothing());
        world.sim.runUntil(core.ended()::isDone, Duration.ofMinutes(1));
        assertThat(broken).isNotDone();
        assertThat(core.failure().orElseThrow()).startsWith("worker a stopped after an error in itself");
        assertThat(core.ended().join()).isEmpty();
        assertThat(world.table.listLeases().join())
                .allMatch(lease -> lease.owner().isEmpty());
    }

    @SuppressWarnings("NullAway")
    private static StreamSettings nothing() {
        return null;
    }

    private List<WorkerEvent.ConsumerFailed> failed() {
        return world.events.stream()
                .filter(WorkerEvent.ConsumerFailed.class::isInstance)
                .map(WorkerEvent.ConsumerFailed.class::cast)
                .toList();
    }
}
