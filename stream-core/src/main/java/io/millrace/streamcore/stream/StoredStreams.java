package io.millrace.streamcore.stream;

import io.millrace.model.StreamName;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How streams lie in the catalog: one key for what is set, written by every change and so carrying the stream's version,
 * and one key for each {@value #GROUP} neighbouring shards, written when one of those changes. So a change costs what it
 * changes, however many closed shards a stream still lists.
 *
 * <p>Earlier servers kept the shards with the rest; the first change of such a stream takes them apart.
 */
final class StoredStreams {
    /** How many shard numbers share a key. */
    static final int GROUP = 64;

    private static final String PREFIX = "stream/";
    private static final String SHARDS_PREFIX = "shards/";

    private StoredStreams() {}

    static boolean isStream(String key) {
        return key.startsWith(PREFIX);
    }

    /** What makes {@code entry} durable in place of one that had these shards. */
    static MetaChange put(
            Map<String, MetaStore.Entry> kept, long version, List<ShardEntry> shardsBefore, StreamEntry entry) {
        List<MetaChange.Part> parts = new ArrayList<>();
        parts.add(new MetaChange.Part(key(entry.name()), version, StreamEntryCodec.encodeWithoutShards(entry)));
        if (shardsBefore != entry.shards() || !isApart(kept, entry)) {
            addShards(parts, kept, shardsBefore, entry);
        }
        return new MetaChange(parts);
    }

    private static void addShards(
            List<MetaChange.Part> parts,
            Map<String, MetaStore.Entry> kept,
            List<ShardEntry> shardsBefore,
            StreamEntry entry) {
        SortedMap<Integer, List<ShardEntry>> before = groups(shardsBefore);
        SortedMap<Integer, List<ShardEntry>> after = groups(entry.shards());
        SortedSet<Integer> all = new TreeSet<>(before.keySet());
        all.addAll(after.keySet());
        for (int group : all) {
            String key = shardsKey(entry, group);
            MetaStore.Entry there = kept.get(key);
            List<ShardEntry> shards = after.get(group);
            if (shards == null) {
                if (there != null) {
                    parts.add(new MetaChange.Part(key, there.version(), null));
                }
            } else if (there == null || !shards.equals(before.get(group))) {
                long expected = there == null ? 0 : there.version();
                parts.add(new MetaChange.Part(key, expected, StreamEntryCodec.encodeShards(shards)));
            }
        }
    }

    /** What takes a stream out of the catalog. */
    static List<MetaChange.Part> remove(Map<String, MetaStore.Entry> kept, long version, StreamEntry entry) {
        List<MetaChange.Part> parts = new ArrayList<>();
        parts.add(new MetaChange.Part(key(entry.name()), version, null));
        for (int group : groups(entry.shards()).keySet()) {
            String key = shardsKey(entry, group);
            MetaStore.Entry there = kept.get(key);
            if (there != null) {
                parts.add(new MetaChange.Part(key, there.version(), null));
            }
        }
        return parts;
    }

    /**
     * Reads the stream of one key, and its shards where they are.
     *
     * @throws IllegalArgumentException if one of them cannot be read or is not there
     */
    static StreamEntry read(Map<String, MetaStore.Entry> kept, MetaStore.Entry value) {
        return StreamEntryCodec.decode(value.value(), (head, count) -> {
            List<ShardEntry> shards = new ArrayList<>();
            // The numbers of shards rise to the next one, and groups that lost all of theirs have no key.
            for (int group = 0; group <= head.nextShard() / GROUP && shards.size() < count; group++) {
                MetaStore.Entry there = kept.get(shardsKey(head, group));
                if (there != null) {
                    shards.addAll(StreamEntryCodec.decodeShards(there.value()));
                }
            }
            return shards;
        });
    }

    /** All shards of a stream are apart or none is, and it has at least one. */
    private static boolean isApart(Map<String, MetaStore.Entry> kept, StreamEntry entry) {
        return entry.shards().isEmpty()
                || kept.containsKey(shardsKey(entry, entry.shards().get(0).index() / GROUP));
    }

    private static SortedMap<Integer, List<ShardEntry>> groups(List<ShardEntry> shards) {
        SortedMap<Integer, List<ShardEntry>> groups = new TreeMap<>();
        for (ShardEntry shard : shards) {
            groups.computeIfAbsent(shard.index() / GROUP, none -> new ArrayList<>())
                    .add(shard);
        }
        return groups;
    }

    private static String key(StreamName name) {
        return PREFIX + name.value();
    }

    private static String shardsKey(StreamEntry entry, int group) {
        return SHARDS_PREFIX + entry.logName() + "/" + HexFormat.of().toHexDigits(group);
    }
}
