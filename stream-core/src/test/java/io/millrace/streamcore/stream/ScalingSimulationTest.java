package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.log.disk.MemoryDisk;
import io.millrace.streamcore.stream.StreamOptions.Mode;
import io.millrace.streamcore.stream.StreamState.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers of shards that change, in virtual time. */
class ScalingSimulationTest {
    private static final StreamName NAME = new StreamName("s");

    @Test
    void anOnDemandStreamGrowsUnderLoadAndNotWithout() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.create(NAME, StreamOptions.DEFAULTS.withMode(Mode.ON_DEMAND), 4));
        rig.run(Duration.ofMinutes(5));
        assertThat(rig.openShards(NAME)).hasSize(4);
        // Six times what one shard takes, on one of the four.
        HashKeyRange hot = rig.openShards(NAME).get(1).hashKeyRange();
        for (int second = 0; second < 60; second++) {
            List<NewRecord> records = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                records.add(new NewRecord("k", hot.start(), Bytes.wrap(new byte[1 << 20])));
            }
            rig.await(rig.streams.put(NAME, records));
            rig.run(Duration.ofSeconds(1));
        }
        List<Shard> open = rig.openShards(NAME);
        assertThat(open.size()).isBetween(6, 20);
        assertThat(open.stream()
                        .filter(shard -> shard.id()
                                .equals(rig.streams.get(NAME).shards().get(0).id())))
                .hasSize(1);
        int grown = open.size();
        rig.run(Duration.ofMinutes(5));
        assertThat(rig.openShards(NAME)).hasSize(grown);
        assertTiles(rig.openShards(NAME));
    }

    /** The service is ready for twice the highest load of the last 30 days; a stream that grew once stays so for as long. */
    @Test
    void anOnDemandStreamShrinksAgainWhenItWasQuietForThirtyDays() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.create(NAME, StreamOptions.DEFAULTS.withMode(Mode.ON_DEMAND), 4));
        HashKeyRange hot = rig.openShards(NAME).get(1).hashKeyRange();
        for (int second = 0; second < 40; second++) {
            rig.await(rig.streams.put(NAME, List.of(record(hot, 3), record(hot, 3))));
            rig.run(Duration.ofSeconds(1));
        }
        int grown = rig.openShards(NAME).size();
        assertThat(grown).isGreaterThan(5);
        rig.run(Duration.ofDays(29));
        assertThat(rig.openShards(NAME)).hasSize(grown);
        String before = rig.await(rig.streams.put(NAME, List.of(record(hot, 1))))
                .answers()
                .get(0)
                .sequenceNumber()
                .toString();
        rig.run(Duration.ofDays(3));
        assertThat(rig.openShards(NAME)).hasSize(4);
        assertThat(rig.openShards(NAME).stream()
                        .map(Shard::hashKeyRange)
                        .sorted(Comparator.comparing(HashKeyRange::start)))
                .isEqualTo(HashKeyRange.evenly(4));
        String after = rig.await(rig.streams.put(NAME, List.of(record(hot, 1))))
                .answers()
                .get(0)
                .sequenceNumber()
                .toString();
        assertThat(after).isGreaterThan(before);
        rig.run(Duration.ofDays(40));
        assertThat(rig.openShards(NAME)).hasSize(4);
    }

    @Test
    void aWarmStreamStaysAsLargeAsItIsKeptReadyFor() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.commit(true));
        rig.await(rig.streams.create(NAME, StreamOptions.DEFAULTS.withMode(Mode.ON_DEMAND), 4));
        rig.await(rig.streams.change(NAME, StreamChange.warmThroughput(16)));
        rig.run(Duration.ofDays(32));
        assertThat(rig.openShards(NAME)).hasSize(16);
        rig.await(rig.streams.change(NAME, StreamChange.warmThroughput(8)));
        rig.run(Duration.ofDays(1));
        assertThat(rig.openShards(NAME)).hasSize(8);
        assertTiles(rig.openShards(NAME));
    }

    private static NewRecord record(HashKeyRange range, int mib) {
        return new NewRecord("k", range.start(), Bytes.wrap(new byte[mib << 20]));
    }

    @Test
    void aProvisionedStreamDoesNotGrow() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.create(NAME, 1));
        for (int second = 0; second < 30; second++) {
            rig.await(rig.streams.put(NAME, List.of(new NewRecord("k", null, Bytes.wrap(new byte[3 << 20])))));
            rig.run(Duration.ofSeconds(1));
        }
        assertThat(rig.openShards(NAME)).hasSize(1);
    }

    @Test
    void tenScalingsADayAreAllowedAndThenAgainTheNextDay() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.create(NAME, 1));
        for (int i = 0; i < 10; i++) {
            rig.await(rig.streams.change(NAME, StreamChange.shardCount(1 + i % 2)));
            rig.run(Duration.ofMinutes(1));
        }
        assertThatThrownBy(() -> rig.await(rig.streams.change(NAME, StreamChange.shardCount(2))))
                .hasMessageContaining("10 times within 24 hours");
        rig.run(Duration.ofHours(24).minusMinutes(9));
        rig.await(rig.streams.change(NAME, StreamChange.shardCount(2)));
        assertThat(rig.openShards(NAME)).hasSize(2);
    }

    static IntStream seeds() {
        Integer only = Integer.getInteger("seed");
        return only == null ? IntStream.range(0, 40) : IntStream.of(only);
    }

    /** The server dies at any moment of a scaling that takes several waves; what was acknowledged is there afterwards. */
    @ParameterizedTest
    @MethodSource("seeds")
    void aScalingThatIsCutOffIsFinishedAfterwards(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), seed, Duration.ofMillis(100));
        int from = random.nextInt(2, 9);
        int to = random.nextInt((from + 1) / 2, 2 * from + 1);
        rig.await(rig.streams.create(NAME, from));
        rig.run(Duration.ofSeconds(1));
        Set<String> stored = new TreeSet<>();
        for (int i = 0; i < 20; i++) {
            rig.await(rig.streams.put(NAME, List.of(new NewRecord("k" + i, null, Bytes.utf8("r" + i)))));
            stored.add("r" + i);
        }
        var scaling = rig.streams.change(NAME, StreamChange.shardCount(to));
        rig.simulation.runUntil(scaling::isDone, Duration.ofNanos(random.nextInt(3_000_000)));
        StreamsRig next = new StreamsRig(rig.disk.crashed(random), seed + 1000, Duration.ofMillis(100));
        next.run(Duration.ofSeconds(10));
        StreamState state = next.streams.get(NAME);
        assertThat(state.status()).as("seed %s", seed).isEqualTo(Status.ACTIVE);
        // Either it was not decided yet, or it is done.
        int open = next.openShards(NAME).size();
        assertThat(open).as("seed %s: %s to %s", seed, from, to).isIn(from, to);
        assertThat(next.openShards(NAME).stream()
                        .map(Shard::hashKeyRange)
                        .sorted(Comparator.comparing(HashKeyRange::start)))
                .isEqualTo(HashKeyRange.evenly(open));
        Set<String> read = new TreeSet<>();
        for (Shard shard : state.shards()) {
            for (StreamRecord record : next.readAll(NAME, shard.id())) {
                read.add(record.data().toUtf8());
            }
        }
        assertThat(read).as("seed %s", seed).isEqualTo(stored);
        assertThat(next.await(next.streams.put(NAME, List.of(new NewRecord("k", null, Bytes.utf8("x")))))
                        .answers())
                .hasSize(1);
    }

    private static void assertTiles(List<Shard> open) {
        List<HashKeyRange> ranges = open.stream()
                .map(Shard::hashKeyRange)
                .sorted(Comparator.comparing(HashKeyRange::start))
                .toList();
        for (int i = 1; i < ranges.size(); i++) {
            assertThat(ranges.get(i - 1).isJustBelow(ranges.get(i))).isTrue();
        }
    }
}
