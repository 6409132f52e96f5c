package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.log.disk.MemoryDisk;
import io.millrace.streamcore.stream.StreamState.Status;
import io.millrace.streamcore.stream.account.BillingCommitment;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Streams' states in virtual time. */
final class CatalogTest {
    private static final StreamName NAME = new StreamName("s");
    private static final Duration TRANSITION = Duration.ofMillis(500);
    private static final List<NewRecord> RECORD = List.of(new NewRecord("k", null, Bytes.utf8("data")));

    @Test
    void statesLastTheTransitionTime() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, TRANSITION);
        rig.await(rig.streams.create(NAME, 1));
        assertThat(status(rig)).isEqualTo(Status.CREATING);
        rig.run(TRANSITION.minusMillis(1));
        assertThat(status(rig)).isEqualTo(Status.CREATING);
        rig.run(Duration.ofMillis(2));
        assertThat(status(rig)).isEqualTo(Status.ACTIVE);
        rig.await(rig.streams.split(
                NAME, ShardId.of(0), rig.openShards(NAME).get(0).hashKeyRange().middle()));
        assertThat(status(rig)).isEqualTo(Status.UPDATING);
        assertThat(rig.await(rig.streams.put(NAME, RECORD)).answers()).hasSize(1);
        rig.run(TRANSITION);
        assertThat(status(rig)).isEqualTo(Status.ACTIVE);
        rig.await(rig.streams.delete(NAME));
        rig.await(rig.streams.delete(NAME));
        assertThat(status(rig)).isEqualTo(Status.DELETING);
        assertThatThrownBy(() -> rig.streams.put(NAME, RECORD)).hasMessageContaining("not found");
        assertThatThrownBy(() -> rig.await(rig.streams.create(NAME, 1))).hasMessageContaining("already exists");
        rig.run(TRANSITION.plusMillis(1));
        assertThat(rig.streams.names()).isEmpty();
    }

    @Test
    void aServerThatDiesInATransientStateFinishesIt() {
        SplittableRandom random = new SplittableRandom(3);
        StreamsRig first = new StreamsRig(MemoryDisk.empty(), 1, TRANSITION);
        first.await(first.streams.create(NAME, 1));
        StreamsRig second = new StreamsRig(first.disk.crashed(random), 2, TRANSITION);
        assertThat(status(second)).isEqualTo(Status.CREATING);
        second.run(TRANSITION.plusMillis(1));
        assertThat(status(second)).isEqualTo(Status.ACTIVE);
        second.await(second.streams.delete(NAME));
        StreamsRig third = new StreamsRig(second.disk.crashed(random), 3, TRANSITION);
        assertThat(status(third)).isEqualTo(Status.DELETING);
        third.run(TRANSITION.plusMillis(1));
        assertThat(third.streams.names()).isEmpty();
    }

    @Test
    void commitmentsAtTheSameTimeAreMadeOneAfterTheOther() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, TRANSITION);
        List<CompletableFuture<BillingCommitment>> changes = List.of(
                rig.streams.commit(true),
                rig.streams.commit(false),
                rig.streams.commit(true),
                rig.streams.commit(true));
        changes.forEach(rig::await);
        assertThat(rig.await(changes.get(1)).ends()).isPresent();
        assertThat(rig.await(changes.get(3)).ends()).isEmpty();
    }

    @Test
    void aStreamCanBeDeletedWhileItIsMade() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, TRANSITION);
        rig.await(rig.streams.create(NAME, 1));
        rig.await(rig.streams.delete(NAME));
        rig.run(Duration.ofSeconds(2));
        assertThat(rig.streams.names()).isEmpty();
    }

    @Test
    void twoThatMakeTheSameStreamMakeOne() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, TRANSITION);
        CompletableFuture<Void> one = rig.streams.create(NAME, 1);
        CompletableFuture<Void> other = rig.streams.create(NAME, 7);
        rig.await(one);
        assertThatThrownBy(() -> rig.await(other)).hasMessageContaining("already exists");
    }

    @Test
    void whenTheCatalogCannotBeWrittenPutsGoOn() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.create(NAME, 1));
        rig.disk.failForceAfter(0);
        assertThatThrownBy(() -> rig.await(rig.streams.split(
                        NAME,
                        ShardId.of(0),
                        rig.openShards(NAME).get(0).hashKeyRange().middle())))
                .isInstanceOf(StreamException.class);
        assertThat(status(rig)).isEqualTo(Status.ACTIVE);
        assertThat(rig.await(rig.streams.put(NAME, RECORD)).answers()).hasSize(1);
    }

    @Test
    void whenAReshardingCannotBeFinishedPutsAreRefusedAndDoNotHang() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.create(NAME, 1));
        // The decision and the seal become durable, the children do not.
        rig.disk.failForceAfter(2);
        HashKey middle = rig.openShards(NAME).get(0).hashKeyRange().middle();
        var split = rig.streams.split(NAME, ShardId.of(0), middle);
        assertThatThrownBy(() -> rig.await(split)).isInstanceOf(StreamException.class);
        assertThatThrownBy(() -> rig.await(rig.streams.put(NAME, RECORD))).isInstanceOf(StreamException.class);
        StreamsRig next = new StreamsRig(rig.disk.crashed(new SplittableRandom(1)), 2, Duration.ZERO);
        assertThat(next.openShards(NAME)).hasSize(2);
        assertThat(next.await(next.streams.put(NAME, RECORD)).answers()).hasSize(1);
    }

    @Test
    void retentionTakesOldRecordsAndThenTheirClosedShard() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.create(NAME, 1));
        rig.await(rig.streams.put(NAME, RECORD));
        rig.await(rig.streams.split(
                NAME, ShardId.of(0), rig.openShards(NAME).get(0).hashKeyRange().middle()));
        rig.run(Duration.ofHours(23));
        ShardCursor cursor = rig.await(rig.streams.seek(NAME, ShardId.of(0), Position.trimHorizon()));
        assertThat(rig.await(rig.streams.read(cursor, 1, 1)).records()).hasSize(1);
        rig.run(Duration.ofHours(2));
        assertThat(rig.streams.get(NAME).shards()).hasSize(2).allMatch(shard -> shard.isOpen());
        assertThat(rig.await(rig.streams.put(NAME, RECORD)).answers().get(0).shard())
                .isNotEqualTo(ShardId.of(0));
    }

    @Test
    void behindIsTheTimeToTheTip() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.create(NAME, 1));
        for (int i = 0; i < 3; i++) {
            rig.await(rig.streams.put(NAME, RECORD));
            rig.run(Duration.ofSeconds(10));
        }
        ShardCursor cursor = rig.await(rig.streams.seek(NAME, ShardId.of(0), Position.trimHorizon()));
        ReadPage first = rig.await(rig.streams.read(cursor, 1, 1000));
        assertThat(first.millisBehindLatest()).isEqualTo(20_000);
        ReadPage rest = rig.await(rig.streams.read(first.next().orElseThrow(), 10, 1000));
        assertThat(rest.records()).hasSize(2);
        assertThat(rest.millisBehindLatest()).isZero();
    }

    private static Status status(StreamsRig rig) {
        return rig.streams.get(NAME).status();
    }
}
