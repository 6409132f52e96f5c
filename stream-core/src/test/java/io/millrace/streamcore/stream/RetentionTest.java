package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.HashKey;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.log.disk.MemoryDisk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Records live as long as the stream's retention says, to the record, and their files go after them. */
final class RetentionTest {
    private static final StreamName NAME = new StreamName("s");
    private static final ShardId FIRST = ShardId.of(0);
    private static final Duration DAY = Duration.ofHours(24);

    private final StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);

    @Test
    void aRecordIsServedForItsRetentionAndNotAMomentLonger() {
        create(1);
        put("old", 1);
        rig.run(Duration.ofMinutes(10));
        put("young", 1);
        // All are in one file, and the check that deletes files comes once a minute.
        rig.run(DAY.minusMinutes(10).minusMillis(1));
        assertThat(texts(FIRST)).containsExactly("old", "young");
        rig.run(Duration.ofMillis(2));
        assertThat(texts(FIRST)).containsExactly("young");
        rig.run(Duration.ofMinutes(10));
        assertThat(texts(FIRST)).isEmpty();
    }

    @Test
    void everyIteratorBelowTheFirstKeptRecordGoesOnThere() {
        create(1);
        StreamRecord old = put("old", 1);
        ShardCursor early = rig.await(rig.streams.seek(NAME, FIRST, Position.trimHorizon()));
        rig.run(Duration.ofMinutes(30));
        put("young", 1);
        rig.run(DAY.minusMinutes(20));
        List<Position> positions = List.of(
                Position.trimHorizon(),
                new Position.AtSequenceNumber(old.sequenceNumber()),
                new Position.AfterSequenceNumber(old.sequenceNumber()),
                new Position.AtTimestamp(old.arrival().minusSeconds(5)),
                new Position.AtTimestamp(old.arrival()));
        for (Position position : positions) {
            ShardCursor cursor = rig.await(rig.streams.seek(NAME, FIRST, position));
            ReadPage page = rig.await(rig.streams.read(cursor, 1, 10_000));
            assertThat(page.records()).as("%s", position).hasSize(1);
            assertThat(page.records().get(0).data().toUtf8()).isEqualTo("young");
            assertThat(page.millisBehindLatest()).isZero();
        }
        assertThat(rig.await(rig.streams.read(early, 1, 10_000)).records()).hasSize(1);
    }

    @Test
    void whenAllIsTooOldReadersAreAtTheTip() {
        create(1);
        put("old", 1);
        ShardCursor cursor = rig.await(rig.streams.seek(NAME, FIRST, Position.trimHorizon()));
        rig.run(DAY.plusMillis(1));
        ReadPage page = rig.await(rig.streams.read(cursor, 10, 10_000));
        assertThat(page.records()).isEmpty();
        assertThat(page.millisBehindLatest()).isZero();
        put("new", 1);
        ReadPage next = rig.await(rig.streams.read(page.next().orElseThrow(), 10, 10_000));
        assertThat(next.records()).hasSize(1);
    }

    @Test
    void filesGoAfterTheirRecords() {
        create(1);
        // Busy: 80 files of 64 KiB in two days. Slow: a record an hour stays in one file.
        int most = 0;
        for (int hour = 0; hour < 24 * 5; hour++) {
            if (hour < 48) {
                put("x".repeat(50_000), 2);
            }
            put("slow", 1);
            rig.run(Duration.ofHours(1));
            most = Math.max(most, rig.disk.bytesIn("streams"));
        }
        assertThat(most).isGreaterThan(24 * 100_000).isLessThan(27 * 105_000);
        assertThat(rig.disk.bytesIn("streams")).as("most %s", most).isLessThan(70_000);
        assertThat(texts(FIRST)).hasSize(23).containsOnly("slow");
        rig.run(DAY.plusHours(25));
        assertThat(rig.disk.bytesIn("streams")).isLessThan(2_000);
    }

    @Test
    void aShorterRetentionHoldsAtOnceAndALongerOneKeepsWhatIsThere() {
        create(1);
        rig.await(rig.streams.change(NAME, StreamChange.longerRetention(72)));
        put("old", 1);
        rig.run(Duration.ofHours(30));
        assertThat(texts(FIRST)).containsExactly("old");
        rig.await(rig.streams.change(NAME, StreamChange.shorterRetention(24)));
        assertThat(texts(FIRST)).isEmpty();
    }

    @Test
    void aClosedShardIsListedUntilItsRecordsAreTooOldWhoeverSharesItsFile() {
        create(1);
        put("parent", 1);
        rig.await(rig.streams.split(
                NAME, FIRST, rig.openShards(NAME).get(0).hashKeyRange().middle()));
        rig.run(DAY.minusMinutes(2));
        put("child", 1);
        assertThat(rig.streams.get(NAME).shards()).hasSize(3);
        ShardCursor cursor = rig.await(rig.streams.seek(NAME, FIRST, Position.trimHorizon()));
        rig.run(Duration.ofMinutes(4));
        assertThat(rig.streams.get(NAME).shards()).hasSize(2).allMatch(Shard::isOpen);
        assertThatThrownBy(() -> rig.await(rig.streams.read(cursor, 1, 1))).isInstanceOf(StreamException.class);
        List<String> left = new ArrayList<>();
        rig.openShards(NAME).forEach(shard -> left.addAll(texts(shard.id())));
        assertThat(left).containsExactly("child");
    }

    @Test
    void expiredShardIsGoneForEveryOperationBeforeTheCatalogDropsIt() {
        create(1);
        put("parent", 1);
        HashKey middle = rig.openShards(NAME).get(0).hashKeyRange().middle();
        rig.await(rig.streams.split(NAME, FIRST, middle));
        rig.run(DAY.minusMinutes(2));
        ShardCursor cursor = rig.await(rig.streams.seek(NAME, FIRST, Position.trimHorizon()));
        // The check that drops shards comes once a minute.
        while (rig.streams.get(NAME).shardStates().get(0).closedMillis()
                >= rig.streams
                        .get(NAME)
                        .options()
                        .horizonMillis(rig.simulation.clock().millis())) {
            rig.run(Duration.ofMillis(1));
        }
        assertThat(rig.streams.get(NAME).shards()).hasSize(3);

        assertGone(() -> rig.streams.seek(NAME, FIRST, Position.trimHorizon()));
        assertGone(() -> rig.streams.seek(NAME, FIRST, Position.latest()));
        assertGone(() -> rig.streams.read(cursor, 1, 1));
        assertGone(() -> rig.streams.split(NAME, FIRST, middle));
        assertGone(() -> rig.streams.merge(NAME, FIRST, ShardId.of(1)));
        assertGone(() -> {
            rig.streams.checkReadable(cursor);
            return CompletableFuture.completedFuture(cursor);
        });
    }

    private void assertGone(Supplier<CompletableFuture<?>> call) {
        assertThatThrownBy(() -> rig.await(call.get()))
                .isInstanceOfSatisfying(
                        StreamException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(StreamException.Kind.RESOURCE_NOT_FOUND));
    }

    private void create(int shards) {
        rig.await(rig.streams.create(NAME, shards));
    }

    /** Puts records in one go; the last of them as it is stored. */
    private StreamRecord put(String data, int count) {
        List<NewRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(StreamsFixture.record("k", data));
        }
        ShardId shard =
                rig.await(rig.streams.put(NAME, records)).answers().get(0).shard();
        List<StreamRecord> all = rig.readAll(NAME, shard);
        return all.get(all.size() - 1);
    }

    private List<String> texts(ShardId shard) {
        return rig.readAll(NAME, shard).stream()
                .map(record -> record.data().toUtf8())
                .toList();
    }
}
