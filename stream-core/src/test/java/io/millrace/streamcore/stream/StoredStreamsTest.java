package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamName;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StoredStreamsTest {
    private static final StreamName NAME = new StreamName("orders");
    private static final int SHARDS = 40_000;
    private static final long NOW = 1_700_000_000_000L;

    private final Map<String, MetaStore.Entry> kept = new TreeMap<>();
    private long version;

    @Test
    void aTagCostsNoMoreWithFortyThousandShards() {
        StreamEntry old = old();
        put(List.of(), old);
        StreamEntry tagged = old.with(old.options().withTags(Map.of("team", "search")));
        MetaChange change = put(old.shards(), tagged);

        assertThat(change.parts()).hasSize(1);
        assertThat(bytes(change)).isLessThan(200);
        assertThat(read()).isEqualTo(tagged);
    }

    @Test
    void aSplitWritesTheGroupsOfItsShardsAlone() {
        StreamEntry old = old();
        put(List.of(), old);
        ShardEntry last = old.tiles().get(0);
        StreamEntry splitting = old.splitting(List.of(last), new Refusals("1", "r"));
        put(old.shards(), splitting);
        StreamEntry split = splitting.resharded(NOW);
        MetaChange change = put(splitting.shards(), split);

        assertThat(change.parts()).hasSizeBetween(2, 4);
        assertThat(bytes(change)).isLessThan(15_000);
        assertThat(read()).isEqualTo(split);
    }

    @Test
    void groupsWhoseShardsAreGoneAreGoneToo() {
        StreamEntry old = old();
        put(List.of(), old);
        Set<Integer> expired = IntStream.range(0, 1000).boxed().collect(Collectors.toSet());
        StreamEntry less = old.without(expired);
        put(old.shards(), less);

        assertThat(kept).hasSize(1 + SHARDS / StoredStreams.GROUP - 1000 / StoredStreams.GROUP);
        assertThat(read()).isEqualTo(less);
    }

    @Test
    void theFirstChangeTakesTheShardsOfAnEarlierServerApart() {
        StreamEntry old = old();
        kept.put("stream/orders", new MetaStore.Entry(++version, StreamEntryCodec.encode(old)));
        assertThat(read()).isEqualTo(old);
        StreamEntry tagged = old.with(old.options().withTags(Map.of("team", "search")));
        put(old.shards(), tagged);

        assertThat(kept).hasSize(1 + SHARDS / StoredStreams.GROUP);
        assertThat(read()).isEqualTo(tagged);
    }

    @Test
    void aStreamThatIsRemovedLeavesNothing() {
        StreamEntry old = old();
        put(List.of(), old);
        apply(new MetaChange(StoredStreams.remove(kept, version, old)));
        assertThat(kept).isEmpty();
    }

    @Test
    void aStreamIsNotReadWithoutSomeOfItsShards() {
        put(List.of(), old());
        kept.keySet().removeIf(key -> key.endsWith("/00000005"));
        assertThatThrownBy(this::read)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("40000 shards, of which 39936 are there");
    }

    /** All shards but the last are closed. */
    private static StreamEntry old() {
        List<ShardEntry> shards = new ArrayList<>();
        HashKeyRange all = HashKeyRange.evenly(1).get(0);
        for (int i = 0; i < SHARDS; i++) {
            ShardEntry shard = ShardEntry.open(i, i == 0 ? List.of() : List.of(i - 1), all, 1_600_000_000L + i, NOW);
            shards.add(i == SHARDS - 1 ? shard : shard.closed(NOW));
        }
        StreamEntry made =
                StreamEntry.create(NAME, StreamOptions.DEFAULTS, 1, NOW).activated();
        return new StreamEntry(
                NAME, NOW, made.status(), made.options(), SHARDS, shards, made.reshardingOrNull(), made.scaling());
    }

    private StreamEntry read() {
        return StoredStreams.read(kept, kept.getOrDefault("stream/orders", new MetaStore.Entry(0, Bytes.empty())));
    }

    private MetaChange put(List<ShardEntry> before, StreamEntry after) {
        MetaChange change = StoredStreams.put(kept, version, before, after);
        apply(change);
        return change;
    }

    private void apply(MetaChange change) {
        version++;
        for (MetaChange.Part part : change.parts()) {
            MetaStore.Entry there = kept.get(part.key());
            assertThat(part.expectedVersion()).isEqualTo(there == null ? 0 : there.version());
            part.value()
                    .ifPresentOrElse(
                            value -> kept.put(part.key(), new MetaStore.Entry(version, value)),
                            () -> kept.remove(part.key()));
        }
    }

    private static int bytes(MetaChange change) {
        return change.parts().stream()
                .mapToInt(part -> part.value().map(Bytes::size).orElse(0))
                .sum();
    }
}
