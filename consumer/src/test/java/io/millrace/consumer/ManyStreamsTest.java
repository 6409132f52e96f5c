package io.millrace.consumer;

import static io.millrace.consumer.WorkerCoreTest.failureOf;
import static io.millrace.consumer.WorkerWorld.CLICKS;
import static io.millrace.consumer.WorkerWorld.ORDERS;
import static io.millrace.consumer.WorkerWorld.shards;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Several streams in one application, in virtual time. */
class ManyStreamsTest {
    private static final Duration MOMENT = Duration.ofSeconds(5);
    private static final StreamSettings CLICKS_FROM_START = new StreamSettings(CLICKS, Position.trimHorizon());

    private final WorkerWorld world = new WorkerWorld(1, 4);

    static LongStream seeds() {
        Long replay = Long.getLong("seed");
        return replay != null ? LongStream.of(replay) : LongStream.range(0, Long.getLong("seeds", 15));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void streamsThatComeAndGoAndReshardLoseNothingAndRepeatNothing(long seed) {
        WorkerWorld busy = new WorkerWorld(seed, 3);
        busy.create(CLICKS, 4);
        List<CompletableFuture<Void>> changes = new ArrayList<>();
        WorkerCore first = busy.start("a", ORDERS, CLICKS);
        WorkerCore second = busy.start("b", ORDERS);
        busy.putSpread(ORDERS, 400, Duration.ofSeconds(30));
        busy.putSpread(CLICKS, 400, Duration.ofSeconds(30));
        busy.sim.at(Duration.ofSeconds(4), () -> changes.add(second.addStream(CLICKS_FROM_START)));
        busy.sim.at(Duration.ofSeconds(8), () -> busy.stream(CLICKS).split(ShardId.of(1)));
        busy.sim.at(Duration.ofSeconds(12), () -> changes.add(first.removeStream(CLICKS)));
        busy.sim.at(Duration.ofSeconds(16), () -> busy.stream(ORDERS).merge(ShardId.of(0), ShardId.of(1)));
        busy.sim.at(Duration.ofSeconds(18), () -> changes.add(second.removeStream(CLICKS)));
        busy.sim.at(Duration.ofSeconds(24), () -> changes.add(first.addStream(CLICKS_FROM_START)));
        busy.sim.runUntil(() -> busy.put.size() == 800 && busy.processed.size() == 800, Duration.ofMinutes(3));
        assertThat(busy.processed).as("seed " + seed).hasSameElementsAs(busy.put);
        assertThat(busy.duplicates).as("seed " + seed).isZero();
        busy.checkOrderPerKey();
        assertThat(changes)
                .as("seed " + seed)
                .hasSize(4)
                .allMatch(change -> change.isDone() && !change.isCompletedExceptionally());
    }

    @Test
    void shardsOfAllStreamsAreSharedTogether() {
        world.create(CLICKS, 2);
        WorkerCore one = world.start("one", ORDERS, CLICKS);
        WorkerCore two = world.start("two", ORDERS, CLICKS);
        world.sim.runUntil(() -> held(one) == 3 && held(two) == 3, MOMENT);
        world.putAndAwait(ORDERS, 50);
        world.putAndAwait(CLICKS, 30);
        assertThat(processedOf(ORDERS)).isEqualTo(50);
        assertThat(processedOf(CLICKS)).isEqualTo(30);
        assertThat(world.meters
                        .get("millrace.records.processed")
                        .tag("stream", "orders")
                        .counter()
                        .count())
                .isEqualTo(50);
        assertThat(one.health().shards())
                .extracting(shard -> shard.stream() + "/" + shard.shard())
                .isSorted();
    }

    @Test
    void aWorkerTakesShardsOfItsOwnStreamsOnly() {
        world.create(CLICKS, 4);
        WorkerCore old = world.start("old", ORDERS);
        world.sim.runUntil(() -> held(old) == 4, MOMENT);
        WorkerCore fresh = world.start("new", ORDERS, CLICKS);
        world.sim.runUntil(() -> shards(fresh, CLICKS) == 4 && shards(old, ORDERS) == 4, MOMENT);
        assertThat(shards(old, CLICKS)).isZero();
        world.putAndAwait(CLICKS, 20);
    }

    @Test
    void aLeaderMakesNoLeasesOfAnotherStreamUnderTheNameOfOneThatOthersRead() {
        world.create(CLICKS, 1);
        WorkerCore leader = world.start("leader", ORDERS);
        world.sim.runUntil(() -> held(leader) == 4, MOMENT);
        WorkerCore other = world.start("other", CLICKS);
        world.sim.runUntil(() -> held(other) == 1, MOMENT);
        // From here on the other reads by iterators, which are good for the old stream.
        world.putAndAwait(CLICKS, 10);
        world.create(CLICKS, 3);
        world.sim.run(Duration.ofMinutes(3));
        assertThat(held(other)).as("it has not noticed yet").isEqualTo(1);
        assertThat(world.table.listLeases().join())
                .filteredOn(row -> row.key().stream().equals(CLICKS))
                .hasSize(1);
    }

    @Test
    void anAddedStreamIsReadAndARemovedOneGivenBackWithItsCheckpoints() {
        world.create(CLICKS, 2);
        WorkerCore core = world.start("one", ORDERS);
        world.sim.runUntil(() -> held(core) == 4, MOMENT);
        done(core.addStream(CLICKS_FROM_START));
        assertThat(core.streams()).containsExactly(CLICKS, ORDERS);
        world.putAndAwait(CLICKS, 50);

        done(core.removeStream(CLICKS));
        assertThat(core.streams()).containsExactly(ORDERS);
        assertThat(shards(core, CLICKS)).isZero();
        assertThat(world.table.listLeases().join())
                .filteredOn(row -> row.key().stream().equals(CLICKS))
                .hasSize(2)
                .allMatch(row -> row.owner().isEmpty() && row.checkpoint() instanceof Checkpoint.Processed);
        world.putSpread(CLICKS, 20, Duration.ofSeconds(1));
        world.sim.run(Duration.ofSeconds(30));
        assertThat(processedOf(CLICKS)).as("while nobody reads it").isEqualTo(50);

        done(core.addStream(new StreamSettings(CLICKS, Position.latest())));
        world.sim.runUntil(() -> processedOf(CLICKS) == 70, MOMENT);
        assertThat(world.duplicates).isZero();
    }

    @Test
    void addingAndRemovingWhatIsSoAlreadyChangesNothing() {
        WorkerCore core = world.start("one", ORDERS);
        world.sim.runUntil(() -> held(core) == 4, MOMENT);
        done(core.addStream(new StreamSettings(ORDERS, Position.latest())));
        done(core.removeStream(CLICKS));
        assertThat(core.streams()).containsExactly(ORDERS);
        assertThat(world.events)
                .filteredOn(WorkerEvent.LeaseLost.class::isInstance)
                .isEmpty();
    }

    @Test
    void aStreamThatCannotBeReadIsRefusedAndNothingChanges() {
        WorkerCore core = world.start("one", ORDERS);
        world.sim.runUntil(() -> held(core) == 4, MOMENT);
        CompletableFuture<Void> missing = core.addStream(CLICKS_FROM_START);
        world.sim.runUntil(missing::isDone, MOMENT);
        assertThat(failureOf(missing)).hasMessageContaining("stream clicks does not exist");
        assertThat(core.streams()).containsExactly(ORDERS);
        world.create(CLICKS, 1);
        done(core.addStream(CLICKS_FROM_START));
        world.putAndAwait(CLICKS, 10);
    }

    @Test
    void theOnlyStreamIsNotRemoved() {
        WorkerCore core = world.start("one", ORDERS);
        world.sim.runUntil(() -> held(core) == 4, MOMENT);
        CompletableFuture<Void> removed = core.removeStream(ORDERS);
        world.sim.runUntil(removed::isDone, MOMENT);
        assertThat(failureOf(removed)).isInstanceOf(WorkerException.class).hasMessageContaining("close the worker");
        assertThat(held(core)).isEqualTo(4);
    }

    @Test
    void changesComeOneAfterAnother() {
        world.create(CLICKS, 2);
        StreamName third = new StreamName("third");
        world.create(third, 1);
        WorkerCore core = world.start("one", ORDERS);
        world.sim.runUntil(() -> held(core) == 4, MOMENT);
        CompletableFuture<Void> all = CompletableFuture.allOf(
                core.addStream(CLICKS_FROM_START),
                core.addStream(new StreamSettings(third, Position.trimHorizon())),
                core.removeStream(ORDERS),
                core.removeStream(CLICKS),
                core.addStream(CLICKS_FROM_START),
                core.removeStream(ORDERS));
        done(all);
        assertThat(core.streams()).containsExactly(CLICKS, third);
        world.sim.runUntil(() -> shards(core, CLICKS) == 2 && shards(core, third) == 1 && held(core) == 3, MOMENT);
    }

    @Test
    void aDeletedStreamAmongSeveralEndsAloneAndIsToldOnce() {
        world.create(CLICKS, 4);
        WorkerCore one = world.start("one", ORDERS, CLICKS);
        WorkerCore two = world.start("two", ORDERS, CLICKS);
        world.sim.runUntil(() -> held(one) == 4 && held(two) == 4, MOMENT);
        world.putAndAwait(CLICKS, 20);
        world.delete(CLICKS);
        Warnings warnings = new Warnings(WorkerCore.class.getName());
        world.sim.runUntil(
                () -> one.streams().size() == 1 && two.streams().size() == 1 && held(one) + held(two) == 4,
                Duration.ofMinutes(10));
        world.sim.run(Duration.ofMinutes(5));
        warnings.close();
        assertThat(gone()).as("once for each worker").isEqualTo(2);
        assertThat(warnings.lines())
                .hasSize(2)
                .allMatch(line -> line.endsWith(
                        "goes on with its other streams: stream clicks was deleted;" + " nothing more to consume"));
        world.sim.runUntil(() -> shards(one, ORDERS) == 2 && shards(two, ORDERS) == 2, MOMENT);
        world.putAndAwait(ORDERS, 20);
        assertThat(one.failure()).isEmpty();
        assertThat(one.health().running()).isTrue();
    }

    @Test
    void aStreamMadeAnewAmongSeveralIsNotReadAndCannotBeAdded() {
        world.create(CLICKS, 1);
        WorkerCore core = world.start("one", ORDERS, CLICKS);
        world.sim.runUntil(() -> held(core) == 5, MOMENT);
        world.putAndAwait(CLICKS, 10);
        world.create(CLICKS, 1);
        world.created.put(CLICKS, Instant.EPOCH.plusSeconds(99));
        world.stream(CLICKS).put("key", Bytes.utf8("clicks of another stream"));
        world.sim.runUntil(() -> gone() == 1 && shards(core, CLICKS) == 0, Duration.ofMinutes(10));
        CompletableFuture<Void> again = core.addStream(CLICKS_FROM_START);
        world.sim.runUntil(again::isDone, MOMENT);
        assertThat(failureOf(again)).hasMessageContaining("is not the one this application has read");
        assertThat(world.processed).hasSize(10);
        world.putAndAwait(ORDERS, 10);
    }

    @Test
    void whenTheLastStreamIsGoneTheWorkerEnds() {
        world.create(CLICKS, 1);
        WorkerCore core = world.start("one", ORDERS, CLICKS);
        world.sim.runUntil(() -> held(core) == 5, MOMENT);
        world.delete(CLICKS);
        world.delete(ORDERS);
        world.sim.runUntil(() -> core.ended().isDone(), Duration.ofMinutes(10));
        assertThat(core.failure().orElseThrow()).contains("was deleted; nothing more to consume");
        assertThat(world.events).last().isInstanceOf(WorkerEvent.Stopped.class);
        assertThat(gone()).isEqualTo(2);
    }

    @Test
    void changesOfAClosedWorkerAreRefused() {
        WorkerCore core = world.start("one", ORDERS);
        world.sim.runUntil(() -> held(core) == 4, MOMENT);
        CompletableFuture<?> end = core.close(MOMENT);
        CompletableFuture<Void> late = core.addStream(CLICKS_FROM_START);
        world.sim.runUntil(() -> end.isDone() && late.isDone(), Duration.ofMinutes(1));
        assertThat(late).isCompletedExceptionally();
        assertThat(failureOf(core.addStream(CLICKS_FROM_START))).isInstanceOf(WorkerException.class);
    }

    private void done(CompletableFuture<Void> change) {
        world.sim.runUntil(change::isDone, MOMENT);
        change.join();
    }

    private long gone() {
        return world.events.stream()
                .filter(WorkerEvent.StreamGone.class::isInstance)
                .count();
    }

    private long processedOf(StreamName stream) {
        return world.processed.stream()
                .filter(record -> record.data().toUtf8().startsWith(stream.value()))
                .count();
    }

    private static long held(WorkerCore core) {
        return core.health().shards().size();
    }
}
