package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamName;
import io.millrace.streamcore.stream.StreamException.Kind;
import io.millrace.streamcore.stream.StreamState.Status;
import io.millrace.streamcore.stream.scale.ScalingHistory;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class StreamEntryTest {
    private static final Refusals REFUSALS = new Refusals("us-east-1", "000000000000");
    private static final long NOW = 1_700_000_000_123L;
    private static final StreamEntry TWO = StreamEntry.create(new StreamName("s"), StreamOptions.DEFAULTS, 2, NOW)
            .activated();

    @Test
    void statesFollowOneAnotherAsTheServicesDo() {
        Map<Status, Set<Status>> allowed = Map.of(
                Status.CREATING, EnumSet.of(Status.ACTIVE, Status.DELETING),
                Status.ACTIVE, EnumSet.of(Status.UPDATING, Status.DELETING),
                Status.UPDATING, EnumSet.of(Status.UPDATING, Status.ACTIVE, Status.DELETING),
                Status.DELETING, EnumSet.of(Status.DELETING));
        for (Status from : Status.values()) {
            for (Status to : Status.values()) {
                assertThat(StreamEntry.TRANSITIONS.allows(from, to))
                        .as("%s to %s", from, to)
                        .isEqualTo(allowed.getOrDefault(from, Set.of()).contains(to));
            }
        }
    }

    @Test
    void aNewStreamsShardsTileTheHashKeys() {
        StreamEntry stream = StreamEntry.create(new StreamName("s"), StreamOptions.DEFAULTS, 3, NOW);
        assertThat(stream.status()).isEqualTo(Status.CREATING);
        assertThat(stream.shards()).extracting(ShardEntry::range).isEqualTo(HashKeyRange.evenly(3));
        assertThat(stream.shards()).extracting(ShardEntry::createdSeconds).containsOnly(NOW / 1000);
    }

    @Test
    void aSplitKeyLeavesBothChildrenRoom() {
        ShardEntry shard = TWO.shards().get(1);
        BigInteger start = shard.range().start().toBigInteger();
        for (BigInteger bad : List.of(BigInteger.ZERO, start, start.add(BigInteger.ONE))) {
            assertRefused(
                    Kind.INVALID_ARGUMENT,
                    "is not both greater than one plus the shard's StartingHashKey " + start
                            + " and less than the shard's EndingHashKey " + HashKey.MAX + ".",
                    () -> TWO.splitting(shard, HashKey.of(bad), REFUSALS));
        }
        assertRefused(Kind.INVALID_ARGUMENT, "is not both", () -> TWO.splitting(shard, HashKey.MAX, REFUSALS));
        HashKey lowest = HashKey.of(start.add(BigInteger.TWO));
        StreamEntry split = TWO.splitting(shard, lowest, REFUSALS).resharded(NOW);
        assertThat(split.shards().get(2).range())
                .isEqualTo(new HashKeyRange(shard.range().start(), lowest.previous()));
        assertThat(split.shards().get(3).range()).isEqualTo(new HashKeyRange(lowest, HashKey.MAX));
    }

    @Test
    void aShardTooNarrowCannotBeSplit() {
        ShardEntry narrow = ShardEntry.open(0, List.of(), new HashKeyRange(HashKey.MAX, HashKey.MAX), 1, 1000);
        StreamEntry stream = new StreamEntry(
                new StreamName("s"),
                NOW,
                Status.ACTIVE,
                StreamOptions.DEFAULTS,
                1,
                List.of(narrow),
                null,
                ScalingHistory.NONE);
        assertRefused(Kind.INVALID_ARGUMENT, "is not both", () -> stream.splitting(narrow, HashKey.MAX, REFUSALS));
        assertRefused(Kind.INVALID_ARGUMENT, "is not both", () -> stream.splitting(narrow, HashKey.MIN, REFUSALS));
    }

    @Test
    void onlyActiveStreamsChange() {
        StreamEntry updating = TWO.splitting(TWO.shards().get(0), HashKey.of(BigInteger.TEN), REFUSALS);
        assertThat(updating.status()).isEqualTo(Status.UPDATING);
        assertThat(updating.isUsable()).isTrue();
        assertRefused(
                Kind.RESOURCE_IN_USE,
                "Stream s under account 000000000000 not ACTIVE, instead in state UPDATING",
                () -> updating.merging(
                        updating.shards().get(0), updating.shards().get(1), REFUSALS));
    }

    @Test
    void aClosedShardIsNotReshardedAgain() {
        StreamEntry split = TWO.splitting(TWO.shards().get(0), HashKey.of(BigInteger.TEN), REFUSALS)
                .resharded(NOW)
                .activated();
        assertRefused(
                Kind.INVALID_ARGUMENT,
                "Shard shardId-000000000000 in stream s under account 000000000000 has already been merged or split,"
                        + " and thus is not eligible for merging or splitting.",
                () -> split.splitting(split.shards().get(0), HashKey.of(BigInteger.TEN), REFUSALS));
        assertRefused(
                Kind.INVALID_ARGUMENT,
                "already been merged",
                () -> split.merging(split.shards().get(0), split.shards().get(1), REFUSALS));
    }

    @Test
    void childrensNumbersAreAboveTheirParentsWhateverTheClockSays() {
        SplittableRandom random = new SplittableRandom(5);
        StreamEntry stream = TWO;
        for (int step = 0; step < 200; step++) {
            StreamEntry current = stream;
            List<ShardEntry> open = current.shards().stream()
                    .filter(ShardEntry::isOpen)
                    .sorted((a, b) -> a.range().start().compareTo(b.range().start()))
                    .toList();
            boolean splits = open.size() == 1 || (open.size() < 30 && random.nextBoolean());
            int at = random.nextInt(splits ? open.size() : open.size() - 1);
            StreamEntry decided = splits
                    ? current.splitting(open.get(at), open.get(at).range().middle(), REFUSALS)
                    : current.merging(open.get(at), open.get(at + 1), REFUSALS);
            long clock = NOW + random.nextInt(-100_000, 100_000);
            stream = decided.resharded(clock).activated();
            StreamEntry after = stream;
            for (ShardEntry child : after.shards()
                    .subList(current.shards().size(), after.shards().size())) {
                for (int parent : child.parents()) {
                    SequenceNumber ending = after.shard(parent)
                            .orElseThrow()
                            .toShard()
                            .sequenceNumbers()
                            .ending()
                            .orElseThrow();
                    assertThat(child.toShard().sequenceNumbers().starting()).isGreaterThan(ending);
                    assertThat(after.shard(parent).orElseThrow().sequenceNumber(1L << 40, NOW + 1_000_000))
                            .isLessThan(ending);
                }
            }
            assertTiles(after);
            assertThat(StreamEntryCodec.decode(StreamEntryCodec.encode(decided)))
                    .isEqualTo(decided);
            assertThat(StreamEntryCodec.decode(StreamEntryCodec.encode(after))).isEqualTo(after);
        }
    }

    @Test
    void everyKeyRoutesToTheOpenShardThatTakesIt() {
        SplittableRandom random = new SplittableRandom(6);
        StreamEntry stream = StreamEntry.create(new StreamName("s"), StreamOptions.DEFAULTS, 37, NOW)
                .activated();
        for (int i = 0; i < 10; i++) {
            ShardEntry shard = stream.shards().get(random.nextInt(37));
            if (shard.isOpen()) {
                stream = stream.splitting(shard, shard.range().middle(), REFUSALS)
                        .resharded(NOW)
                        .activated();
            }
        }
        RoutingTable routing = new RoutingTable(stream.shards());
        for (ShardEntry shard : stream.shards()) {
            if (shard.isOpen()) {
                assertThat(routing.shard(routing.route(shard.range().start()))).isEqualTo(shard);
                assertThat(routing.shard(routing.route(shard.range().end()))).isEqualTo(shard);
            }
        }
        for (int i = 0; i < 1000; i++) {
            HashKey key = new HashKey(random.nextLong(), random.nextLong());
            assertThat(routing.shard(routing.route(key)).range().contains(key)).isTrue();
            assertThat(routing.shard(routing.route(key)).isOpen()).isTrue();
        }
    }

    @Test
    void expiredShardsAreListedNoMoreButTheirNumbersStayTaken() {
        StreamEntry split = TWO.splitting(TWO.shards().get(0), HashKey.of(BigInteger.TEN), REFUSALS)
                .resharded(NOW)
                .activated();
        StreamEntry later = split.without(Set.of(0, 1));
        assertThat(later.shards()).extracting(ShardEntry::index).containsExactly(1, 2, 3);
        assertThat(later.shard(0)).isEmpty();
        assertThat(later.shard(2)).isPresent();
        assertThat(later.nextShard()).isEqualTo(4);
    }

    @Test
    void randomBytesAreAnEntryOrRefused() {
        SplittableRandom random = new SplittableRandom(8);
        Bytes whole = StreamEntryCodec.encode(TWO);
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = whole.toByteArray();
            for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            byte[] input = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            try {
                assertThat(StreamEntryCodec.decode(Bytes.copyOf(input))).isNotNull();
            } catch (IllegalArgumentException refused) {
                assertThat(refused.getMessage()).isNotBlank();
            }
        }
    }

    private static void assertTiles(StreamEntry stream) {
        List<HashKeyRange> ranges = stream.shards().stream()
                .filter(ShardEntry::isOpen)
                .map(ShardEntry::range)
                .sorted((a, b) -> a.start().compareTo(b.start()))
                .toList();
        assertThat(ranges.get(0).start()).isEqualTo(HashKey.MIN);
        assertThat(ranges.get(ranges.size() - 1).end()).isEqualTo(HashKey.MAX);
        for (int i = 1; i < ranges.size(); i++) {
            assertThat(ranges.get(i - 1).isJustBelow(ranges.get(i))).isTrue();
        }
    }

    private static void assertRefused(Kind kind, String text, Runnable change) {
        assertThatThrownBy(change::run)
                .hasMessageContaining(text)
                .isInstanceOfSatisfying(
                        StreamException.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(kind));
    }
}
