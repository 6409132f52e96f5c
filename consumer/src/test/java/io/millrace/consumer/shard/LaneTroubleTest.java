package io.millrace.consumer.shard;

import static io.millrace.consumer.shard.ConsumerBench.at;
import static io.millrace.consumer.shard.ConsumerBench.keyOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.Warnings;
import io.millrace.consumer.delivery.Batching;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.DeliverySettings;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.processor.ProcessorBrokenException;
import io.millrace.consumer.processor.RetryLaterException;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceTrouble;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Troubles of lanes that meet a move, a restart or the shard's end, step by step. */
class LaneTroubleTest {
    private static final DeliverySettings PLAIN = DeliverySettings.DEFAULT;
    private static final DeliverySettings ONE_MANUAL = PLAIN.withCheckpoints(CheckpointMode.MANUAL);
    private static final DeliverySettings TWO_MANUAL = ONE_MANUAL.withLanes(2);
    private final RuntimeException broken = new ProcessorBrokenException("broken on purpose", null);
    private final RuntimeException thrown = new IllegalStateException("thrown on purpose");

    private final List<Letter> letters = new ArrayList<>();

    @Test
    void processorThatBreaksAtTheShardsEndWhileTheLeaseIsAskedForGivesItBack() {
        ConsumerBench bench = new ConsumerBench(PLAIN).begin();
        bench.give(1, 3);
        bench.returnFrom("processRecords");
        bench.end();
        bench.on(() -> bench.consumer.drain(Duration.ofSeconds(8)));
        bench.threw(bench.call("shardEnded"), broken);
        bench.pass();
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Released());
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(3)));
    }

    @Test
    void processorThatBreaksBetweenCallsIsReplacedAtOnceAndReadingGoesBackToTheCheckpoint() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withCheckpoints(CheckpointMode.MANUAL)).begin();
        bench.give(1, 3);
        ConsumerBench.Call first = bench.call("processRecords");
        assertThat(bench.declare(first.checkpointer(), 2)).isCompleted();
        bench.returned(first);
        bench.on(() -> bench.breaks.get(0).completeExceptionally(broken));
        bench.sim.run(Duration.ofMillis(200));
        bench.returnFrom("initialize");

        assertThat(bench.sources).hasSize(2);
        assertThat(bench.sources.get(0).isClosed).isTrue();
        assertThat(bench.source().from).isEqualTo(new Position.AfterRecord(at(2)));
        assertThat(bench.breaks).hasSize(2);
        bench.give(3, 3);
        bench.returnFrom("processRecords");
        bench.on(() -> bench.breaks.get(0).complete(null));
        assertThat(bench.sources).as("the former processor is forgotten").hasSize(2);
    }

    @Test
    void nothingFollowsWhereAProcessorBreaksWhileACallIsUnderWayOrAfterItWasToldOfAnEnd() {
        ConsumerBench bench = new ConsumerBench(PLAIN).begin();
        bench.give(1, 3);
        bench.on(() -> bench.breaks.get(0).complete(null));
        bench.returnFrom("processRecords");
        assertThat(bench.sources).hasSize(1);
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(3)));

        ConsumerBench other = new ConsumerBench(PLAIN).begin();
        other.on(() -> other.consumer.drain(Duration.ofSeconds(8)));
        other.sim.run(Duration.ofSeconds(1));
        other.on(() -> other.breaks.get(0).complete(null));
        other.returnFrom("shutdownRequested");
        assertThat(other.ends).containsExactly(new ConsumerEnd.Released());
    }

    @Test
    void shardIsNotEndedByTheOtherLanesWhereOneBrokeBeforeItHadDeclaredItsRecords() {
        ConsumerBench bench = new ConsumerBench(TWO_MANUAL).begin();
        bench.give(1, 2, keyOf(0, 2), keyOf(1, 2));
        ConsumerBench.Call one = bench.call("processRecords");
        bench.returned(one);
        ConsumerBench.Call other = bench.call("processRecords");
        bench.returned(other);
        bench.end();
        bench.on(() -> bench.consumer.drain(Duration.ofSeconds(8)));
        ConsumerBench.Call breaks = bench.call("shardEnded");
        bench.threw(breaks, broken);
        ConsumerBench.Call ends = bench.call("shardEnded");
        assertThat(bench.declare(ends.checkpointer(), ends.lane() + 1)).isCompleted();
        bench.returned(ends);
        bench.returnFrom("leaseLost");
        assertThat(bench.lease.row.checkpoint.isShardEnd()).isFalse();
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Released());
    }

    @Test
    void processorThatOwesItsLastCheckpointHearsOnceThatTheLeaseIsLost() {
        ConsumerBench bench = atTheEnd(ONE_MANUAL);
        bench.returnFrom("shardEnded");
        bench.on(() -> bench.consumer.lost("taken by force"));
        bench.returnFrom("leaseLost");
        bench.sim.run(Duration.ofMinutes(1));
        assertThat(bench.calls).isEmpty();
        assertThat(bench.told).filteredOn("leaseLost"::equals).hasSize(1);
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Lost("taken by force"));
    }

    @Test
    void processorWhoseLeaseIsLostDuringShardEndedHearsOfItIfItReturnsWithoutItsCheckpoint() {
        ConsumerBench bench = atTheEnd(ONE_MANUAL);
        bench.on(() -> bench.consumer.lost("taken by force"));
        assertThat(bench.told).doesNotContain("leaseLost");
        bench.returnFrom("shardEnded");
        bench.returnFrom("leaseLost");
        assertThat(bench.told).filteredOn("leaseLost"::equals).hasSize(1);
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Lost("taken by force"));
    }

    @Test
    void lanesThatTookTheEndAreNotToldOfTheLossThatAnotherHearsOf() {
        ConsumerBench bench = atTheEnd(TWO_MANUAL);
        ConsumerBench.Call takes = bench.call("shardEnded");
        assertThat(bench.declare(takes.checkpointer(), takes.lane() + 1)).isCompleted();
        bench.returned(takes);
        bench.returned(bench.call("shardEnded"));
        bench.on(() -> bench.consumer.lost("taken by force"));
        assertThat(bench.call("leaseLost").lane()).isEqualTo(1 - takes.lane());
        bench.returnFrom("leaseLost");
        assertThat(bench.told).filteredOn("leaseLost"::equals).hasSize(1);
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Lost("taken by force"));
    }

    @Test
    void processorThatOwesItsLastCheckpointMakesItWhereTheLeaseIsAskedFor() {
        ConsumerBench bench = atTheEnd(ONE_MANUAL);
        bench.returnFrom("shardEnded");
        bench.on(() -> bench.consumer.drain(Duration.ofSeconds(8)));
        ConsumerBench.Call leaves = bench.call("shutdownRequested");
        assertThat(bench.declare(leaves.checkpointer(), 2)).isCompleted();
        bench.returned(leaves);
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Released());
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(2)));
    }

    /** Its processors are told that the shard is read out, and have declared nothing. */
    private static ConsumerBench atTheEnd(DeliverySettings manual) {
        ConsumerBench bench = new ConsumerBench(manual).begin();
        bench.give(1, 2, keyOf(0, 2), keyOf(1, 2));
        bench.returnFrom("processRecords");
        bench.end();
        return bench;
    }

    @Test
    void shardWhosePolicyStopsTheWorkerIsGivenBackThoughItWasAskedForBefore() {
        ConsumerBench bench =
                new ConsumerBench(PLAIN.withFailures(FailurePolicy.tries(1).thenStopWorker())).begin();
        bench.give(1, 3);
        bench.on(() -> bench.consumer.drain(Duration.ofSeconds(8)));
        bench.threw(bench.call("processRecords"), thrown);
        assertThat(bench.stops).hasSize(1);
        bench.returnFrom("shutdownRequested");
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Released());
    }

    @Test
    void shardWhosePolicyStopsTheWorkerWhileItBeginsAnewIsGivenBack() {
        ConsumerBench bench =
                new ConsumerBench(PLAIN.withFailures(FailurePolicy.tries(1).thenStopWorker())).begin();
        bench.give(1, 3);
        bench.on(bench.consumer::restart);
        bench.threw(bench.call("processRecords"), thrown);
        bench.on(() -> bench.consumer.drain(Duration.ofSeconds(8)));
        bench.returnFrom("leaseLost");
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Released());
    }

    @Test
    void onlyTheRecordThatFailsBecomesALetterWhereOthersOfItsPartWereDeclared() {
        ConsumerBench bench = new ConsumerBench(
                        PLAIN.withFailures(FailurePolicy.tries(1).isolating().thenLetter(letters::addAll)))
                .begin();
        bench.give(1, 8);
        bench.threw(bench.call("processRecords"), thrown);
        bench.sim.run(Duration.ofMillis(200));
        ConsumerBench.Call half = bench.call("processRecords");
        assertThat(half.records()).containsExactly(1, 2, 3, 4);
        assertThat(bench.declare(half.checkpointer(), 3)).isCompleted();
        bench.threw(half, thrown);
        assertThat(letters).extracting(letter -> letter.record().position()).containsExactly(at(4));
        assertThat(bench.call("processRecords").records()).startsWith(5);
    }

    @Test
    void recordAfterOneThatWasGivenUpHasAllItsTries() {
        ConsumerBench bench = new ConsumerBench(
                        PLAIN.withFailures(FailurePolicy.tries(2).isolating().thenLetter(letters::addAll)))
                .begin();
        bench.give(1, 2);
        for (int tries = 0; tries < 3; tries++) {
            bench.threw(bench.call("processRecords"), thrown);
            bench.sim.run(Duration.ofMillis(400));
        }
        assertThat(letters).extracting(letter -> letter.record().position()).containsExactly(at(1));
        assertThat(bench.call("processRecords").records()).containsExactly(2);
        bench.threw(bench.call("processRecords"), thrown);
        bench.sim.run(Duration.ofMillis(400));
        bench.returnFrom("processRecords");
        bench.sim.run(Duration.ofSeconds(1));
        assertThat(letters).hasSize(1);
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(2)));
    }

    @Test
    void whatLanesDeclareWhenTheShardIsGivenBackIsSaved() {
        ConsumerBench bench = new ConsumerBench(TWO_MANUAL).begin();
        bench.give(1, 4, keyOf(0, 2), keyOf(1, 2));
        bench.returnFrom("processRecords");
        bench.on(() -> bench.source().listener().idle(0, null));
        bench.on(() -> bench.consumer.drain(Duration.ofSeconds(8)));
        for (int i = 0; i < 2; i++) {
            ConsumerBench.Call last = bench.call("shutdownRequested");
            CompletableFuture<Void> saved = bench.declare(last.checkpointer(), 3 + last.lane());
            assertThat(saved).isCompleted();
            bench.returned(last);
        }
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Released());
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(4)));
    }

    @Test
    void shardThatRetentionTookEndsAlsoAfterItsProcessorBroke() {
        ConsumerBench bench = new ConsumerBench(PLAIN).begin();
        bench.give(1, 3);
        gone(bench);
        assertThat(bench.source().endsWith).isNotNull();
        bench.threw(bench.call("processRecords"), broken);
        bench.sim.run(Duration.ofSeconds(5));
        bench.returnFrom("initialize");
        assertThat(bench.sources).hasSize(2);
        gone(bench);
        assertThat(bench.source().endsWith).isNotNull();
    }

    @Test
    void processorThatBrokeAndWorksAgainIsNotReportedAnyMore() {
        ConsumerBench bench = new ConsumerBench(PLAIN).begin();
        bench.give(1, 3);
        try (Warnings log = new Warnings("io.millrace.consumer.watch")) {
            bench.threw(bench.call("processRecords"), broken);
            bench.sim.run(Duration.ofSeconds(5));
            bench.returnFrom("initialize");
            bench.give(1, 3);
            bench.returnFrom("processRecords");
            bench.sim.run(Duration.ofMinutes(10));
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("still fail"))
                    .isEmpty();
        }
        assertThat(bench.consumer.health().isFailing()).isFalse();
    }

    @Test
    void recordsAreNotKeptWaitingForABatchThatNoRecordCanFill() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withLanes(2)
                        .withOpenRecords(10)
                        .withBatching(Batching.DEFAULT.withRecords(8).withWindow(Duration.ofMinutes(5))))
                .begin();
        bench.give(1, 10, keyOf(0, 2), keyOf(1, 2));
        assertThat(bench.calls)
                .extracting(ConsumerBench.Call::toString)
                .containsExactlyInAnyOrder("0:processRecords [1, 3, 5, 7, 9]", "1:processRecords [2, 4, 6, 8, 10]");
    }

    @Test
    void recordsAreNotKeptWaitingForMoreThanTheSourceMayHold() {
        ConsumerBench bench =
                new ConsumerBench(PLAIN.withBatching(Batching.DEFAULT.withWindow(Duration.ofMinutes(5)))).begin();
        bench.give(1, 3);
        assertThat(bench.calls).isEmpty();
        bench.on(() -> bench.source().listener().awaitsRelease());
        bench.returnFrom("processRecords");
        assertThat(bench.source().released).isEqualTo(3);
        bench.give(4, 5);
        assertThat(bench.calls).as("waits for a full batch again").isEmpty();
    }

    @Test
    void endThatFailsInOneLaneAndAnotherIsNotToldAgainWhileTheLeaseIsAskedFor() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withLanes(2)).begin();
        bench.end();
        bench.on(() -> bench.consumer.drain(Duration.ofSeconds(8)));
        bench.threw(bench.call("shardEnded"), thrown);
        bench.sim.run(Duration.ofSeconds(5));
        assertThat(bench.calls).extracting(ConsumerBench.Call::name).containsExactly("shardEnded");
        bench.threw(bench.call("shardEnded"), thrown);
        bench.returnFrom("shutdownRequested");
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Released());
    }

    @Test
    void recordsThatAreAskedForAgainAtTheEndOfTimeHarmNobody() {
        ConsumerBench bench = new ConsumerBench(PLAIN).begin();
        bench.give(1, 3);
        bench.threw(bench.call("processRecords"), new RetryLaterException(Duration.ofSeconds(Long.MAX_VALUE)));
        assertThat(bench.consumer.health().isFailing()).isFalse();
        bench.on(() -> bench.consumer.drain(Duration.ofSeconds(8)));
        bench.returnFrom("shutdownRequested");
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Released());
    }

    @Test
    void shardThatIsToBeginAnewDoesSoAtOnce() {
        ConsumerBench bench =
                new ConsumerBench(PLAIN.withFailures(FailurePolicy.tries(1).thenStopShard())).begin();
        bench.give(1, 3);
        bench.threw(bench.call("processRecords"), thrown);
        bench.on(bench.consumer::restart);
        bench.returnFrom("leaseLost");
        assertThat(bench.calls).extracting(ConsumerBench.Call::name).containsExactly("initialize");
    }

    @Test
    void moveOfAShardWithSmallBatchesWaitsForOneOfThem() {
        ConsumerBench bench = new ConsumerBench(PLAIN.withBatching(Batching.DEFAULT.withBytes(1))).begin();
        bench.give(1, 1);
        bench.returnFrom("processRecords");
        bench.on(() -> bench.consumer.drain(Duration.ofSeconds(8)));
        bench.give(2, 500);
        bench.returnFrom("processRecords");
        bench.returnFrom("shutdownRequested");
        assertThat(bench.ends).containsExactly(new ConsumerEnd.Released());
        assertThat(bench.lease.row.checkpoint).isEqualTo(Checkpoint.processed(at(2)));
    }

    @Test
    void declarationsOfLanesThatWereThrownAwayMoveNothingThatIsOpenInTheirSuccessors() {
        ConsumerBench bench = new ConsumerBench(TWO_MANUAL).begin();
        bench.give(1, 4, keyOf(0, 2), keyOf(1, 2));
        Checkpointer old = bench.call("processRecords").checkpointer();
        bench.returnFrom("processRecords");
        bench.on(bench.consumer::restart);
        bench.returnFrom("leaseLost");
        bench.sim.run(Duration.ofSeconds(1));
        bench.returnFrom("initialize");
        bench.give(1, 4, keyOf(0, 2), keyOf(1, 2));
        assertThat(bench.declare(old, 3)).isCompleted();
        assertThat(bench.lease.row.checkpoint).isEqualTo(bench.lease.checkpoint());
        assertThat(bench.calls).hasSize(2);
        bench.returnFrom("processRecords");
    }

    @Test
    void preparedCheckpointIsNotReplacedByThatOfAnOlderBatch() {
        ConsumerBench bench = new ConsumerBench(PLAIN).begin();
        bench.give(1, 3);
        Checkpointer old = bench.call("processRecords").checkpointer();
        bench.returnFrom("processRecords");
        bench.give(4, 6);
        ConsumerBench.Call call = bench.call("processRecords");
        var prepared = call.checkpointer().prepareAsync(at(5), Bytes.utf8("state"));
        bench.pass();
        assertThat(prepared.toCompletableFuture()).isCompleted();
        var saved = old.checkpointAsync();
        var refused = call.checkpointer().checkpointAsync(at(9));
        bench.pass();
        assertThat(saved.toCompletableFuture()).isCompleted();
        assertThat(refused.toCompletableFuture()).isCompletedExceptionally();
        bench.returned(call);
        bench.sim.run(Duration.ofMinutes(1));
        assertThat(bench.lease.row.checkpoint).as("stops before it").isEqualTo(Checkpoint.processed(at(3)));
    }

    private static void gone(ConsumerBench bench) {
        bench.on(() ->
                bench.source().listener().trouble(new SourceTrouble(ShardReadException.Kind.GONE, 1, "no such shard")));
    }
}
